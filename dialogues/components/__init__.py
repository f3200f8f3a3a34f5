"""What Rasa runs of ours inside its graph: the reader of messages and the asking policy."""
