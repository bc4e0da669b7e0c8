"""What documents show: rows for lists, searches, facets and moments, which `rebuild` makes anew."""
