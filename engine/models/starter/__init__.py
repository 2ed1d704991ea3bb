"""The starter model: small, our own, and part of the package."""
