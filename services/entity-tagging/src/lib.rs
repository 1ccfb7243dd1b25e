//! The entity-tagging service: reads ARTICLES, tags, appends to TAGGED; tags texts over gRPC.

pub mod grammar;
