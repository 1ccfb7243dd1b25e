//! Calls that read and change the dictionary.

use std::{sync::Arc, time::Duration};

use gisa_article_codec::{
    article::encode_tagger_version, mention::decode_entity_type, time::encode_timestamp,
};
use gisa_article_model::{EntityType, TaggerVersion};
use gisa_proto::tagging::v1::{
    self as proto, DeleteEntityRequest, DeleteEntityResponse, EntityOrigin, GetEntityRequest,
    GetEntityResponse, ListEntitiesRequest, ListEntitiesResponse, UpsertEntityRequest, UpsertEntityResponse,
};
use gisa_service_runtime::RpcError;
use tokio::time::timeout;

use super::{
    EntityTaggingApi,
    errors::{entity_not_found, internal},
    page_token::{decode_page_token, encode_page_token},
};
use crate::{
    dictionary::Entity,
    live_dictionary::{Edition, check_entity, encode_entity, etag},
};

const DEFAULT_PAGE_SIZE: usize = 100;
const MAX_PAGE_SIZE: usize = 1000;
const LONGEST_TEXT: usize = 200;

/// How long a change that is durable waits to be seen by this replica itself. It counts in any case.
const OWN_VIEW: Duration = Duration::from_secs(5);

impl EntityTaggingApi {
    pub(super) async fn upsert(
        &self,
        request: UpsertEntityRequest,
    ) -> Result<UpsertEntityResponse, RpcError> {
        let given = request
            .entity
            .ok_or_else(|| RpcError::invalid_field("entity", "is required"))?;
        let expected = given.etag.clone();
        let entity = check_entity(given).map_err(RpcError::invalid_fields)?;
        let written = self.editor.upsert(&entity, &expected).await?;
        let edition = self.own_view(written.sequence).await;
        let described = describe(&edition, &entity);
        Ok(UpsertEntityResponse {
            // Somebody else may have changed it since; the answer is about this write.
            entity: Some(proto::Entity {
                etag: etag(written.sequence),
                ..described
            }),
            tagger_version: Some(self.version_of(written.sequence)),
            changed: written.changed,
        })
    }

    pub(super) async fn delete(
        &self,
        request: &DeleteEntityRequest,
    ) -> Result<DeleteEntityResponse, RpcError> {
        let sequence = self.editor.delete(&request.id, &request.etag).await?;
        self.own_view(sequence).await;
        Ok(DeleteEntityResponse {
            tagger_version: Some(self.version_of(sequence)),
        })
    }

    pub(super) async fn get(&self, request: &GetEntityRequest) -> Result<GetEntityResponse, RpcError> {
        let edition = self.edition(request.min_dictionary_version).await?;
        let entity = edition
            .tagger()
            .dictionary()
            .entity(&request.id)
            .ok_or_else(|| entity_not_found(&request.id))?;
        Ok(GetEntityResponse {
            entity: Some(describe(&edition, entity)),
        })
    }

    pub(super) async fn list(&self, request: ListEntitiesRequest) -> Result<ListEntitiesResponse, RpcError> {
        let conditions = Conditions::read(&request)?;
        let after = match request.page_token.as_str() {
            "" => String::new(),
            token => decode_page_token(&page_conditions(&request), token)?,
        };
        let edition = self.edition(request.min_dictionary_version).await?;
        // Thousands of names are looked at: off the threads that serve the network.
        let listing = tokio::task::spawn_blocking(move || list(&edition, &request, &conditions, &after));
        listing.await.map_err(|failure| internal(&failure))
    }

    /// The newest edition, with a change that this replica has just written if it comes soon.
    async fn own_view(&self, sequence: u64) -> Arc<Edition> {
        let seen = timeout(OWN_VIEW, self.dictionary.at_least(sequence)).await;
        seen.ok().flatten().unwrap_or_else(|| self.dictionary.now())
    }

    fn version_of(&self, dictionary: u64) -> gisa_proto::entity::v1::TaggerVersion {
        let engine = self.dictionary.now().tagger().version().engine;
        encode_tagger_version(TaggerVersion { engine, dictionary })
    }
}

/// What is to be listed.
struct Conditions {
    types: Vec<EntityType>,
    /// In lower case.
    text: String,
    origin: Option<EntityOrigin>,
}

impl Conditions {
    fn read(request: &ListEntitiesRequest) -> Result<Self, RpcError> {
        let types = request
            .types()
            .map(|kind| decode_entity_type(kind).filter(|kind| kind.is_name()))
            .collect::<Option<Vec<_>>>();
        if request.text.chars().count() > LONGEST_TEXT {
            return Err(RpcError::invalid_field("text", "must be at most 200 characters"));
        }
        let origin = EntityOrigin::try_from(request.origin)
            .map_err(|_| RpcError::invalid_field("origin", "is not a known origin"))?;
        Ok(Self {
            types: types.ok_or_else(|| {
                RpcError::invalid_field(
                    "types",
                    "must be PERSON, ORGANIZATION, LOCATION, PRODUCT or EVENT",
                )
            })?,
            text: request.text.to_lowercase(),
            origin: Some(origin).filter(|origin| *origin != EntityOrigin::Unspecified),
        })
    }

    fn admit(&self, edition: &Edition, entity: &Entity) -> bool {
        let contains = |name: &str| name.to_lowercase().contains(&self.text);
        (self.types.is_empty() || self.types.contains(&entity.entity_type))
            && self.origin.is_none_or(|wanted| origin(edition, entity) == wanted)
            && (self.text.is_empty() || contains(&entity.id) || entity.names().any(contains))
    }
}

/// Everything in the request but the page, and what it may wait for.
fn page_conditions(request: &ListEntitiesRequest) -> ListEntitiesRequest {
    ListEntitiesRequest {
        page_size: 0,
        page_token: String::new(),
        min_dictionary_version: 0,
        ..request.clone()
    }
}

fn list(
    edition: &Edition,
    request: &ListEntitiesRequest,
    conditions: &Conditions,
    after: &str,
) -> ListEntitiesResponse {
    let entities = edition.tagger().dictionary().entities();
    let mut found: Vec<&Entity> = entities
        .filter(|entity| conditions.admit(edition, entity))
        .collect();
    found.sort_unstable_by_key(|entity| entity.id.as_str());
    let start = found.partition_point(|entity| entity.id.as_str() <= after);
    let size = match request.page_size as usize {
        0 => DEFAULT_PAGE_SIZE,
        size => size.min(MAX_PAGE_SIZE),
    };
    let rest = &found[start..];
    let page = &rest[..size.min(rest.len())];
    let last = page.last().filter(|_| page.len() < rest.len());
    ListEntitiesResponse {
        entities: page.iter().map(|entity| describe(edition, entity)).collect(),
        next_page_token: last.map_or_else(String::new, |last| {
            encode_page_token(&page_conditions(request), &last.id)
        }),
        total_size: found.len() as u32,
        tagger_version: Some(encode_tagger_version(edition.tagger().version())),
    }
}

fn origin(edition: &Edition, entity: &Entity) -> EntityOrigin {
    match edition.state(&entity.id) {
        Some(_) => EntityOrigin::Changed,
        None => EntityOrigin::BuiltIn,
    }
}

/// The entity with what its state in the log says.
fn describe(edition: &Edition, entity: &Entity) -> proto::Entity {
    let state = edition.state(&entity.id);
    proto::Entity {
        etag: etag(state.map_or(0, |state| state.sequence)),
        origin: origin(edition, entity).into(),
        changed_at: state.map(|state| encode_timestamp(state.changed_at)),
        ..encode_entity(entity)
    }
}
