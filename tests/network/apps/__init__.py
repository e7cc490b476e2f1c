"""Voice apps as strangers write them. They know nothing of this project, and are dialled unchanged."""
