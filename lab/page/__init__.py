"""What the browser gets: the page, its script and style, and the parts that the server writes."""
