"""What can be seen in finished videos: harm, protected faces, and whether a machine made them."""
