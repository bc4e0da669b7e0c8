"""Making pictures: asking for them, the queue of what was asked for, and who makes them."""
