"""Values that resolve themselves: documents, their changes and the signed segments that carry them."""
