"""Loading an index of Elasticsearch from what a store holds."""
