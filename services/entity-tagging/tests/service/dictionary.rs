//! The dictionary while the service runs: changes, what they do to tags, and what outlives a restart.

use std::{collections::HashMap, sync::Arc};

use gisa_proto::{
    entity::v1::EntityType,
    tagging::v1::{
        DeleteEntityRequest, Entity, EntityOrigin, GetEntityRequest, ListEntitiesRequest, TagTextRequest,
        TextToTag, UpsertEntityRequest, UpsertEntityResponse,
    },
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{Client, Service};

const TEXT: &str = "해오름누리테크는 2일 네이버와 손을 잡았다.";

fn haeoreum() -> Entity {
    Entity {
        id: "org:haeoreum-nuri-tech".into(),
        r#type: EntityType::Organization.into(),
        name: "해오름누리테크".into(),
        aliases: vec!["해오름누리".into()],
        external_ids: HashMap::from([("krx".into(), "999999".into())]),
        ..Entity::default()
    }
}

async fn upsert(client: &mut Client, entity: Entity) -> Result<UpsertEntityResponse, Status> {
    let request = UpsertEntityRequest { entity: Some(entity) };
    client
        .upsert_entity(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn delete(client: &mut Client, id: &str, etag: &str) -> Result<u64, Status> {
    let request = DeleteEntityRequest {
        id: id.into(),
        etag: etag.into(),
    };
    let answer = client.delete_entity(request).await?.into_inner();
    Ok(answer.tagger_version.unwrap().dictionary)
}

async fn get(client: &mut Client, id: &str) -> Result<Entity, Status> {
    let request = GetEntityRequest {
        id: id.into(),
        min_dictionary_version: 0,
    };
    let answer = client.get_entity(request).await?.into_inner();
    Ok(answer.entity.unwrap())
}

/// The ids of the entities in [`TEXT`], and the version of the dictionary.
async fn tag(client: &mut Client, min_dictionary_version: u64) -> (Vec<String>, u64) {
    let request = TagTextRequest {
        text: Some(TextToTag {
            body: TEXT.into(),
            ..TextToTag::default()
        }),
        explain: false,
        min_dictionary_version,
    };
    let tags = client.tag_text(request).await.unwrap().into_inner().tags.unwrap();
    let links = tags.mentions.into_iter().filter_map(|mention| mention.link);
    let ids = links.map(|link| link.entity_id).filter(|id| !id.is_empty());
    (ids.collect(), tags.tagger_version.unwrap().dictionary)
}

fn reason(status: &Status) -> (Code, String) {
    (
        status.code(),
        status.get_error_details().error_info().unwrap().reason.clone(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_tagged_with_at_once_and_after_a_restart() {
    let mut service = Service::start().await;
    let client = &mut service.client;
    assert_eq!(tag(client, 0).await, (vec!["org:naver".into()], 0));

    let written = upsert(client, haeoreum()).await.unwrap();
    assert!(written.changed);
    assert_eq!(written.tagger_version.unwrap().dictionary, 1);
    let entity = written.entity.unwrap();
    assert_eq!(
        (entity.origin(), entity.etag.as_str()),
        (EntityOrigin::Changed, "1")
    );
    assert!(entity.changed_at.is_some());
    assert_eq!(get(client, "org:haeoreum-nuri-tech").await.unwrap(), entity);
    let both = vec!["org:haeoreum-nuri-tech".to_owned(), "org:naver".to_owned()];
    assert_eq!(tag(client, 0).await, (both, 1));

    // The same again is no change, and raises nothing.
    let again = upsert(client, haeoreum()).await.unwrap();
    assert!(!again.changed);
    assert_eq!(again.tagger_version.unwrap().dictionary, 1);

    // A built-in entity is hidden, and is back as something else.
    assert_eq!(delete(client, "org:naver", "").await.unwrap(), 2);
    assert_eq!(tag(client, 0).await, (vec!["org:haeoreum-nuri-tech".into()], 2));
    assert_eq!(
        reason(&get(client, "org:naver").await.unwrap_err()),
        (Code::NotFound, "ENTITY_NOT_FOUND".into())
    );
    assert_eq!(
        reason(&delete(client, "org:naver", "").await.unwrap_err()),
        (Code::NotFound, "ENTITY_NOT_FOUND".into())
    );
    let other = Entity {
        id: "product:naver-app".into(),
        r#type: EntityType::Product.into(),
        name: "네이버".into(),
        ..Entity::default()
    };
    upsert(client, other).await.unwrap();
    let expected = vec![
        "org:haeoreum-nuri-tech".to_owned(),
        "product:naver-app".to_owned(),
    ];
    assert_eq!(tag(client, 0).await, (expected.clone(), 3));

    let mut service = service.restart().await;
    assert_eq!(tag(&mut service.client, 0).await, (expected, 3));
    assert_eq!(
        delete(&mut service.client, "org:haeoreum-nuri-tech", "1")
            .await
            .unwrap(),
        4
    );
    assert_eq!(tag(&mut service.client, 0).await.0, ["product:naver-app"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_writers_with_one_etag_one_is_refused() {
    let mut service = Service::start().await;
    let client = &mut service.client;
    let built_in = get(client, "org:naver").await.unwrap();
    assert_eq!(built_in.origin(), EntityOrigin::BuiltIn);

    let with = |alias: &str, etag: &str| {
        let mut entity = built_in.clone();
        entity.aliases.push(alias.into());
        entity.etag = etag.into();
        entity
    };
    let first = upsert(client, with("네이버주식회사", &built_in.etag))
        .await
        .unwrap();
    let refused = upsert(client, with("네이버닷컴", &built_in.etag))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), (Code::Aborted, "ETAG_MISMATCH".into()));
    let etag = first.entity.unwrap().etag;
    assert_eq!(
        refused.get_error_details().error_info().unwrap().metadata["etag"],
        etag
    );
    assert_eq!(
        reason(&delete(client, "org:naver", &built_in.etag).await.unwrap_err()),
        (Code::Aborted, "ETAG_MISMATCH".into())
    );
    upsert(client, with("네이버닷컴", &etag)).await.unwrap();

    // Without an etag everybody succeeds, one after the other.
    let writers = (0..8).map(|number| {
        let mut client = client.clone();
        let entity = with(&format!("네이버{number}"), "");
        tokio::spawn(async move { upsert(&mut client, entity).await.unwrap() })
    });
    let mut versions = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        versions.push(writer.await.unwrap().tagger_version.unwrap().dictionary);
    }
    versions.sort_unstable();
    assert_eq!(versions, (3..=10).collect::<Vec<u64>>());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_replica_sees_what_the_first_has_written() {
    let mut service = Service::start().await;
    let mut second = Service::on(Arc::clone(&service.log)).await;
    let written = upsert(&mut service.client, haeoreum()).await.unwrap();
    let version = written.tagger_version.unwrap().dictionary;
    let (ids, at) = tag(&mut second.client, version).await;
    assert_eq!((ids[0].as_str(), at), ("org:haeoreum-nuri-tech", version));

    // A burst is one change after the other, and in the end the same at both.
    for number in 0..50 {
        let mut entity = haeoreum();
        entity.aliases = vec![format!("해오름{number}")];
        upsert(&mut service.client, entity).await.unwrap();
    }
    assert_eq!(tag(&mut second.client, 51).await.1, 51);
    assert_eq!(
        get(&mut second.client, "org:haeoreum-nuri-tech").await.unwrap(),
        get(&mut service.client, "org:haeoreum-nuri-tech").await.unwrap()
    );
    second.stop().await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entities_are_listed_in_pages() {
    let mut service = Service::start().await;
    upsert(&mut service.client, haeoreum()).await.unwrap();
    delete(&mut service.client, "org:naver-cloud", "").await.unwrap();
    let list = async |request: ListEntitiesRequest| {
        let mut client = service.client.clone();
        client
            .list_entities(request)
            .await
            .map(tonic::Response::into_inner)
    };
    let about = |text: &str| ListEntitiesRequest {
        text: text.into(),
        ..ListEntitiesRequest::default()
    };
    let found = list(about("해오름누리")).await.unwrap();
    assert_eq!((found.entities.len(), found.total_size), (1, 1));
    assert_eq!(found.tagger_version.unwrap().dictionary, 2);
    // By id and in any case.
    assert_eq!(list(about("ORG:Haeoreum-nuri")).await.unwrap().total_size, 1);
    let changed = ListEntitiesRequest {
        origin: EntityOrigin::Changed.into(),
        ..ListEntitiesRequest::default()
    };
    assert_eq!(list(changed).await.unwrap().entities, found.entities);

    let people = |page_size, page_token| ListEntitiesRequest {
        types: vec![EntityType::Person.into(), EntityType::Event.into()],
        page_size,
        page_token,
        ..ListEntitiesRequest::default()
    };
    let mut ids = Vec::new();
    let mut token = String::new();
    loop {
        let page = list(people(700, token)).await.unwrap();
        assert!(
            page.entities
                .iter()
                .all(|entity| { matches!(entity.r#type(), EntityType::Person | EntityType::Event) })
        );
        ids.extend(page.entities.into_iter().map(|entity| entity.id));
        token = page.next_page_token;
        if token.is_empty() {
            assert_eq!(ids.len(), page.total_size as usize);
            break;
        }
    }
    assert!(ids.len() > 1400 && ids.is_sorted_by(|a, b| a < b));

    let token = list(people(1, String::new())).await.unwrap().next_page_token;
    let elsewhere = ListEntitiesRequest {
        page_token: token,
        ..ListEntitiesRequest::default()
    };
    assert_eq!(
        reason(&list(elsewhere).await.unwrap_err()),
        (Code::InvalidArgument, "INVALID_PAGE_TOKEN".into())
    );
    let dates = ListEntitiesRequest {
        types: vec![EntityType::Date.into()],
        ..ListEntitiesRequest::default()
    };
    assert_eq!(
        reason(&list(dates).await.unwrap_err()),
        (Code::InvalidArgument, "INVALID_FIELD".into())
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_names_are_told_with_their_fields_and_change_nothing() {
    let mut service = Service::start().await;
    let mut entity = haeoreum();
    entity.aliases = vec!["해".into(), "해오름".into(), "AI".into()];
    let refused = upsert(&mut service.client, entity).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "INVALID_FIELD".into()));
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let fields: Vec<&str> = violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(fields, ["entity.aliases[0]", "entity.aliases[2]"]);
    assert_eq!(tag(&mut service.client, 0).await, (vec!["org:naver".into()], 0));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_does_not_come_is_told() {
    let mut service = Service::start().await;
    let request = GetEntityRequest {
        id: "org:naver".into(),
        min_dictionary_version: 7,
    };
    let waited = service.client.get_entity(request).await.unwrap_err();
    assert_eq!(
        reason(&waited),
        (Code::DeadlineExceeded, "WRITE_NOT_VISIBLE".into())
    );
    service.stop().await;
}
