//! `gisa search`: pages of hits.

use gisa_proto::query::v1::{SearchArticlesRequest, SearchOrder};

use super::filter::{article_filter, decode};
use crate::{
    cli::{Order, SearchArguments},
    client::Server,
    failure::Failure,
    output::{
        Output,
        records::HitRecord,
        views::{FAINT, styled, write_hit},
    },
};

/// Most hits that the server puts on a page.
const MAX_PAGE: usize = 200;

pub(crate) async fn run(
    server: &Server,
    arguments: SearchArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut client = server.query().await?;
    let wanted = if arguments.all {
        usize::MAX
    } else {
        arguments.limit as usize
    };
    let mut request = SearchArticlesRequest {
        query: arguments.query.join(" "),
        filter: Some(article_filter(arguments.filter)),
        order: arguments.order.map(encode_order).unwrap_or_default().into(),
        page_size: 0,
        page_token: String::new(),
        write_token: arguments.write_token,
    };
    let mut shown = 0;
    loop {
        request.page_size = (wanted - shown).min(MAX_PAGE) as i32;
        let call = client.search_articles(server.request(request.clone()));
        let answer = server
            .answer(call)
            .await
            .map_err(|status| Failure::from_status(&status))?;
        for hit in answer.hits {
            let tagged = decode(hit.tagged_article)?;
            shown += 1;
            if output.is_json() {
                output.json(&HitRecord::new(&tagged, hit.score, &hit.highlights))?;
            } else {
                write_hit(output, shown, &tagged, hit.score, &hit.highlights)?;
            }
        }
        if shown >= wanted || answer.next_page_token.is_empty() {
            return write_end(output, shown, answer.total_hits);
        }
        request.page_token = answer.next_page_token;
    }
}

fn write_end(output: &mut Output, shown: usize, total: u64) -> Result<(), Failure> {
    if output.is_json() {
        return Ok(());
    }
    let words = match total {
        0 => "no hits".to_owned(),
        total if total > shown as u64 => format!("{shown} of {total} hits; --limit or --all shows more"),
        1 => "1 hit".to_owned(),
        total => format!("{total} hits"),
    };
    output.line(&styled(FAINT, &words))
}

fn encode_order(order: Order) -> SearchOrder {
    match order {
        Order::Relevance => SearchOrder::Relevance,
        Order::Newest => SearchOrder::Newest,
        Order::Oldest => SearchOrder::Oldest,
    }
}
