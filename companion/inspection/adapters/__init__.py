"""The attention of other libraries' models, heard as ours is."""
