"""What is said over the network: messages, their wire form, and who may say what."""
