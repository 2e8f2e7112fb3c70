"""A real Elasticsearch for the tests."""
