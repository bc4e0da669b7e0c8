"""What files of pictures are put together of: read, never trusted."""
