//! `gisa entity`: reads and changes the dictionary of a running service.

use std::collections::BTreeMap;

use gisa_article_codec::{
    mention::{decode_entity_type, encode_entity_type},
    time::decode_timestamp,
};
use gisa_entity_tagging::dictionary::type_of_id;
use gisa_proto::tagging::v1::{
    DeleteEntityRequest, Entity, EntityOrigin, GetEntityRequest, ListEntitiesRequest, UpsertEntityRequest,
};
use serde::Serialize;

use crate::{
    cli::{DeleteEntityArguments, EntityCommand, ListEntitiesArguments, UpsertEntityArguments},
    client::{Server, TaggingClient},
    failure::{Failure, FailureKind, tell},
    output::{
        Output,
        layout::{columns, pad},
        views::{FAINT, HEADLINE, styled},
    },
};

/// Entities asked for at a time.
const PAGE_SIZE: u32 = 500;

/// An entity as `--output json` writes it.
#[derive(Serialize)]
struct EntityRecord<'a> {
    id: &'a str,
    r#type: &'static str,
    name: &'a str,
    aliases: &'a [String],
    external_ids: BTreeMap<&'a str, &'a str>,
    /// `BUILT_IN` or `CHANGED`.
    origin: &'static str,
    etag: &'a str,
    changed_at: Option<String>,
}

/// What `upsert` did.
#[derive(Serialize)]
struct UpsertRecord<'a> {
    #[serde(flatten)]
    entity: EntityRecord<'a>,
    changed: bool,
    dictionary_version: u64,
}

/// What `delete` did.
#[derive(Serialize)]
struct DeletionRecord<'a> {
    id: &'a str,
    deleted: bool,
    dictionary_version: u64,
}

pub(crate) async fn run(server: &Server, command: EntityCommand, output: &mut Output) -> Result<(), Failure> {
    let mut client = server.tagging().await?;
    match command {
        EntityCommand::Upsert(arguments) => upsert(server, &mut client, arguments, output).await,
        EntityCommand::Delete(arguments) => delete(server, &mut client, arguments, output).await,
        EntityCommand::Get { id } => get(server, &mut client, id, output).await,
        EntityCommand::List(arguments) => list(server, &mut client, arguments, output).await,
    }
}

async fn upsert(
    server: &Server,
    client: &mut TaggingClient,
    arguments: UpsertEntityArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let entity_type = type_of_id(&arguments.id)
        .map(encode_entity_type)
        .unwrap_or_default();
    let request = server.request(UpsertEntityRequest {
        entity: Some(Entity {
            // Of an id that is wrong the type is unknown; the server says so.
            r#type: entity_type.into(),
            id: arguments.id,
            name: arguments.name,
            aliases: arguments.aliases,
            external_ids: arguments.external_ids.into_iter().collect(),
            etag: arguments.etag,
            ..Entity::default()
        }),
    });
    let answer = server.answer(client.upsert_entity(request)).await;
    let answer = answer.map_err(|status| Failure::from_status(&status))?;
    let entity = answer.entity.ok_or_else(|| unreadable("no entity"))?;
    let dictionary_version = answer.tagger_version.map_or(0, |version| version.dictionary);
    if output.is_json() {
        return output.json(&UpsertRecord {
            entity: EntityRecord::new(&entity),
            changed: answer.changed,
            dictionary_version,
        });
    }
    write(output, &entity)?;
    output.line(&if answer.changed {
        format!(
            "written; tagged with from dictionary version {dictionary_version} on. Articles that are tagged already keep their tags."
        )
    } else {
        "unchanged: it was like this already".to_owned()
    })
}

async fn delete(
    server: &Server,
    client: &mut TaggingClient,
    arguments: DeleteEntityArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let request = server.request(DeleteEntityRequest {
        id: arguments.id.clone(),
        etag: arguments.etag,
    });
    let answer = server.answer(client.delete_entity(request)).await;
    let answer = answer.map_err(|status| Failure::from_status(&status))?;
    let dictionary_version = answer.tagger_version.map_or(0, |version| version.dictionary);
    if output.is_json() {
        return output.json(&DeletionRecord {
            id: &arguments.id,
            deleted: true,
            dictionary_version,
        });
    }
    output.line(&format!(
        "{} is deleted from dictionary version {dictionary_version} on",
        arguments.id
    ))
}

async fn get(
    server: &Server,
    client: &mut TaggingClient,
    id: String,
    output: &mut Output,
) -> Result<(), Failure> {
    let request = server.request(GetEntityRequest {
        id,
        min_dictionary_version: 0,
    });
    let answer = server.answer(client.get_entity(request)).await;
    let entity = answer
        .map_err(|status| Failure::from_status(&status))?
        .entity
        .ok_or_else(|| unreadable("no entity"))?;
    if output.is_json() {
        return output.json(&EntityRecord::new(&entity));
    }
    write(output, &entity)
}

async fn list(
    server: &Server,
    client: &mut TaggingClient,
    arguments: ListEntitiesArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let types = arguments.types.iter().copied().map(encode_entity_type);
    let origin = if arguments.changed {
        EntityOrigin::Changed
    } else {
        EntityOrigin::Unspecified
    };
    let mut request = ListEntitiesRequest {
        types: types.map(Into::into).collect(),
        text: arguments.text.unwrap_or_default(),
        origin: origin.into(),
        ..ListEntitiesRequest::default()
    };
    let limit = (!arguments.all).then_some(arguments.limit);
    let mut shown = 0;
    loop {
        let left = limit.map_or(PAGE_SIZE, |limit| limit - shown);
        request.page_size = left.min(PAGE_SIZE);
        let answer = server
            .answer(client.list_entities(server.request(request.clone())))
            .await;
        let page = answer.map_err(|status| Failure::from_status(&status))?;
        shown += page.entities.len() as u32;
        write_page(output, &page.entities)?;
        if page.next_page_token.is_empty() || limit.is_some_and(|limit| shown >= limit) {
            if !output.is_json() && shown < page.total_size {
                tell(format_args!(
                    "{shown} of {} entities; --all shows all",
                    page.total_size
                ));
            }
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

fn write_page(output: &mut Output, entities: &[Entity]) -> Result<(), Failure> {
    if output.is_json() {
        return entities
            .iter()
            .try_for_each(|entity| output.json(&EntityRecord::new(entity)));
    }
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let ids = width(&mut entities.iter().map(|entity| columns(&entity.id)));
    let names = width(&mut entities.iter().map(|entity| columns(&entity.name)));
    for entity in entities {
        let aliases = styled(FAINT, &entity.aliases.join(", "));
        let line = format!(
            "{}  {}  {aliases}",
            pad(&entity.id, ids),
            pad(&entity.name, names)
        );
        output.line(line.trim_end())?;
    }
    Ok(())
}

fn write(output: &mut Output, entity: &Entity) -> Result<(), Failure> {
    let record = EntityRecord::new(entity);
    output.line(&format!("{}  {}", styled(HEADLINE, &entity.name), record.r#type))?;
    let external_ids = record.external_ids.iter();
    let external_ids: Vec<String> = external_ids
        .map(|(scheme, id)| format!("{scheme}={id}"))
        .collect();
    let changed_at = record.changed_at.clone().unwrap_or_default();
    let details = [
        ("id", entity.id.clone()),
        ("aliases", entity.aliases.join(", ")),
        ("external ids", external_ids.join(", ")),
        ("origin", record.origin.to_owned()),
        ("changed", changed_at),
        ("etag", entity.etag.clone()),
    ];
    for (name, value) in details.iter().filter(|(_, value)| !value.is_empty()) {
        output.line(&format!("{} {value}", styled(FAINT, &pad(name, 12))))?;
    }
    Ok(())
}

impl<'a> EntityRecord<'a> {
    fn new(entity: &'a Entity) -> Self {
        let changed_at = entity.changed_at.as_ref();
        Self {
            id: &entity.id,
            r#type: decode_entity_type(entity.r#type()).map_or("", |entity_type| entity_type.as_str()),
            name: &entity.name,
            aliases: &entity.aliases,
            external_ids: entity
                .external_ids
                .iter()
                .map(|(scheme, id)| (scheme.as_str(), id.as_str()))
                .collect(),
            origin: entity.origin().as_str_name().trim_start_matches("ENTITY_ORIGIN_"),
            etag: &entity.etag,
            changed_at: changed_at
                .and_then(|time| decode_timestamp(time, "changed_at").ok())
                .map(|time| time.to_string()),
        }
    }
}

fn unreadable(problem: &str) -> Failure {
    Failure::new(
        FailureKind::Failed,
        format!("cannot read the server's answer: {problem}"),
    )
}
