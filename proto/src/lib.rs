//! The contract of Gisa, compiled from the `.proto` files beside this crate: messages, gRPC clients and servers, and the
//! descriptor set for server reflection. The documentation of every item is the comment in its `.proto` file.

/// Encoded `google.protobuf.FileDescriptorSet` of all Gisa packages and what they import, for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gisa_descriptor.bin"));

/// Domain of every `google.rpc.ErrorInfo` that Gisa sends.
pub const ERROR_DOMAIN: &str = "gisa.dev";

/// Generated code; lints of hand-written code do not apply.
macro_rules! generated_package {
    ($package:literal) => {
        tonic::include_proto!($package);
    };
}

#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all)]
pub mod gisa {
    //! Generated modules, named like the protobuf packages.
    pub mod article {
        pub mod v1 {
            generated_package!("gisa.article.v1");
        }
    }
    pub mod entity {
        pub mod v1 {
            generated_package!("gisa.entity.v1");
        }
    }
    pub mod errors {
        pub mod v1 {
            generated_package!("gisa.errors.v1");
        }
    }
    pub mod events {
        pub mod v1 {
            generated_package!("gisa.events.v1");
        }
    }
    pub mod ingest {
        pub mod v1 {
            generated_package!("gisa.ingest.v1");
        }
    }
    pub mod query {
        pub mod v1 {
            generated_package!("gisa.query.v1");
        }
    }
    pub mod tagging {
        pub mod v1 {
            generated_package!("gisa.tagging.v1");
        }
    }
}

pub use gisa::{article, entity, errors, events, ingest, query, tagging};
