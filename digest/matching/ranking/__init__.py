"""Order, similarity and reasons of the papers that a query keeps."""
