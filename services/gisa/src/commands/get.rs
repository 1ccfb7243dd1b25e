//! `gisa get`: one article.

use gisa_article_model::{TaggedArticle, TextField};
use gisa_proto::query::v1::GetArticleRequest;

use super::filter::decode;
use crate::{
    cli::GetArguments,
    client::Server,
    failure::Failure,
    output::{
        Output,
        records::FullArticleRecord,
        views::{FAINT, analysis::write_analysis, byline, styled, write_mentions, write_texts},
    },
};

pub(crate) async fn run(
    server: &Server,
    arguments: GetArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut client = server.query().await?;
    let request = server.request(GetArticleRequest {
        article_id: arguments.article_id,
        revision: arguments.revision,
        write_token: arguments.write_token,
    });
    let answer = server.answer(client.get_article(request)).await;
    let tagged = decode(
        answer
            .map_err(|status| Failure::from_status(&status))?
            .tagged_article,
    )?;
    if output.is_json() {
        return output.json(&FullArticleRecord::new(&tagged));
    }
    write(output, &tagged)
}

fn write(output: &mut Output, tagged: &TaggedArticle) -> Result<(), Failure> {
    let article = &tagged.article;
    let details = [
        ("id", article.article_id.as_str()),
        ("url", &article.url),
        ("reason", &article.state_reason),
        ("copyright", &article.copyright),
    ];
    output.line(&styled(FAINT, &byline(article)))?;
    for (name, value) in details.into_iter().filter(|(_, value)| !value.is_empty()) {
        output.line(&styled(FAINT, &format!("{name} {value}")))?;
    }
    output.line("")?;
    let texts =
        [TextField::Title, TextField::Subtitle, TextField::Body].map(|field| (field, tagged.text(field)));
    write_texts(output, texts, &tagged.mentions, None)?;
    output.line("")?;
    write_mentions(output, &tagged.mentions)?;
    write_analysis(output, &tagged.analysis)
}
