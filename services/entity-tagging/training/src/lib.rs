//! Training and measuring of the tagger's models. Nothing of it runs in the service.
