//! Compiles `gisa/**/*.proto` with protox, so that no `protoc` is needed, and writes the descriptor set for reflection.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const PROTO_FILES: &[&str] = &[
    "gisa/article/v1/article.proto",
    "gisa/entity/v1/mention.proto",
    "gisa/errors/v1/error_reason.proto",
    "gisa/events/v1/events.proto",
    "gisa/ingest/v1/ingest_service.proto",
    "gisa/query/v1/index_admin_service.proto",
    "gisa/query/v1/query_service.proto",
    "gisa/tagging/v1/dead_letter_service.proto",
    "gisa/tagging/v1/dictionary.proto",
    "gisa/tagging/v1/entity_tagging_service.proto",
    "gisa/tagging/v1/explanation.proto",
    "gisa/tagging/v1/retag.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=gisa");
    println!("cargo:rerun-if-changed=third_party");

    let descriptors = protox::compile(PROTO_FILES, [".", "third_party"])?;
    let descriptor_path = PathBuf::from(env::var("OUT_DIR")?).join("gisa_descriptor.bin");
    fs::write(descriptor_path, descriptors.encode_to_vec())?;

    tonic_prost_build::configure()
        .bytes(".gisa.events.v1.DeadLetter.payload")
        .bytes(".gisa.tagging.v1.DeadLetterMessage.payload")
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds(descriptors)?;
    Ok(())
}
