//! Tests of the dictionary layer: word boundaries, chains, extensions, homonyms, and the built-in dictionary.

use std::sync::LazyLock;

use gisa_article_model::EntityType;

use super::*;

/// A small dictionary of its own, so that changes of the seed files do not change what these tests say.
const ROWS: &str = "\
id\ttype\tname\taliases\texternal_ids
org:naver\tORGANIZATION\t네이버\tNAVER|Naver\t
org:naver-cloud\tORGANIZATION\t네이버클라우드\t네이버 클라우드\t
org:kakao\tORGANIZATION\t카카오\tKakao\t
org:sk-telecom\tORGANIZATION\tSK텔레콤\tSKT\t
org:kt\tORGANIZATION\tKT\t케이티\t
org:lg\tORGANIZATION\tLG\tLG그룹\t
org:lg-electronics\tORGANIZATION\tLG전자\t\t
org:lg-uplus\tORGANIZATION\tLG유플러스\t\t
org:samsung\tORGANIZATION\t삼성\t삼성그룹\t
org:samsung-electronics\tORGANIZATION\t삼성전자\t삼전\t
org:sk-hynix\tORGANIZATION\tSK하이닉스\t하이닉스\t
org:sk-cc\tORGANIZATION\tSK C&C\t\t
org:hyundai-motor\tORGANIZATION\t현대차\t현대자동차\t
org:hyundai-motor-group\tORGANIZATION\t현대차그룹\t\t
org:kia\tORGANIZATION\t기아\t\t
org:nvidia\tORGANIZATION\t엔비디아\tNVIDIA|Nvidia\t
org:google\tORGANIZATION\t구글\tGoogle\t
org:google-deepmind\tORGANIZATION\t구글 딥마인드\t딥마인드\t
org:apple\tORGANIZATION\t애플\tApple\t
org:meta\tORGANIZATION\t메타\tMeta\t
org:intel\tORGANIZATION\t인텔\t\t
org:amazon\tORGANIZATION\t아마존\t\t
org:line\tORGANIZATION\t라인\t\t
org:sony\tORGANIZATION\t소니\t\t
org:microsoft\tORGANIZATION\t마이크로소프트\tMS\t
org:openai\tORGANIZATION\t오픈AI\tOpenAI\t
org:att\tORGANIZATION\tAT&T\t\t
org:temu\tORGANIZATION\t테무\t\t
org:upstage\tORGANIZATION\t업스테이지\t\t
org:at\tORGANIZATION\tAT\t\t
org:snu\tORGANIZATION\t서울대\t서울대학교\t
org:bundang-snu-hospital\tORGANIZATION\t분당서울대병원\t\t
org:national-assembly\tORGANIZATION\t국회\t\t
org:bank-of-korea\tORGANIZATION\t한국은행\t한은\t
org:us-state-department\tORGANIZATION\t국무부\t미 국무부\t
org:reuters\tORGANIZATION\t로이터\t로이터 통신\t
org:statistics\tORGANIZATION\t통계청\t\t
org:statistics-institute\tORGANIZATION\t통계개발원\t\t
org:krict\tORGANIZATION\t한국화학연구원\t\t
org:msit\tORGANIZATION\t과학기술정보통신부\t과기정통부\t
org:abb\tORGANIZATION\tABB\t\t
org:seoul-city-government\tORGANIZATION\t서울시\t서울특별시\t
org:daegu-city-government\tORGANIZATION\t대구시\t대구광역시\t
org:chungnam-province-government\tORGANIZATION\t충남도\t\t
org:suwon-city-government\tORGANIZATION\t수원시\t\t
org:gyeonggi-province-government\tORGANIZATION\t경기도\t\t
loc:south-korea\tLOCATION\t한국\t대한민국|Korea\tiso3166=KR
loc:united-states\tLOCATION\t미국\t\tiso3166=US
loc:japan\tLOCATION\t일본\t\tiso3166=JP
loc:iran\tLOCATION\t이란\t\tiso3166=IR
loc:india\tLOCATION\t인도\t\tiso3166=IN
loc:china\tLOCATION\t중국\t\tiso3166=CN
loc:seoul\tLOCATION\t서울\t\tiso3166-2=KR-11
loc:busan\tLOCATION\t부산\t\tiso3166-2=KR-26
loc:daegu\tLOCATION\t대구\t\tiso3166-2=KR-27
loc:gyeonggi\tLOCATION\t경기\t\tiso3166-2=KR-41
loc:chungnam\tLOCATION\t충남\t\tiso3166-2=KR-44
loc:sejong\tLOCATION\t세종\t\tiso3166-2=KR-50
loc:guangdong\tLOCATION\t광둥성\t\t
loc:shenzhen\tLOCATION\t선전\t\t
loc:suwon\tLOCATION\t수원\t\t
loc:pocheon\tLOCATION\t포천\t포천시\t
loc:songpa-gu\tLOCATION\t송파구\t\t
loc:jamsil\tLOCATION\t잠실\t\t
loc:seokchon-lake\tLOCATION\t석촌호수\t\t
loc:exco\tLOCATION\t엑스코\t\t
loc:pangyo\tLOCATION\t판교\t\t
product:kakaotalk\tPRODUCT\t카카오톡\t카톡\t
product:chatgpt\tPRODUCT\t챗GPT\tChatGPT\t
product:gpt-4\tPRODUCT\tGPT-4\t\t
product:palm-2\tPRODUCT\t팜2\t\t
product:galaxy\tPRODUCT\t갤럭시\t\t
product:galaxy-s2\tPRODUCT\t갤럭시 S2\t\t
product:galaxy-s25\tPRODUCT\t갤럭시 S25\t갤럭시S25\t
product:iphone\tPRODUCT\t아이폰\t\t
product:hyperclova-x\tPRODUCT\t하이퍼클로바X\t\t
product:cuda\tPRODUCT\t쿠다\t\t
product:temu\tPRODUCT\t테무\t\t
product:cloud\tPRODUCT\t클라우드\t\t
event:ces\tEVENT\tCES\t\t
event:ces-2025\tEVENT\tCES 2025\t\t
event:paris-olympics\tEVENT\t파리 올림픽\t\t
event:talent-meeting\tEVENT\t인재양성전략회의\t\t
person:lee-jae-yong\tPERSON\t이재용\t\t
person:kim-sung-hoon-upstage\tPERSON\t김성훈\t\t
person:kim-seong-hun-pss\tPERSON\t김성훈\t\t
person:sam-altman\tPERSON\t샘 올트먼\tSam Altman\t
";

static SMALL: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::from_entities(Dictionary::read_tsv(ROWS, "test.tsv").unwrap()).unwrap());

static BUILT_IN: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::built_in().unwrap());

fn candidates(dictionary: &Dictionary, text: &str) -> Vec<Candidate> {
    let names = dictionary.find_names(text);
    let context = Context::new(dictionary, &names);
    names
        .iter()
        .map(|name| dictionary.link(text, name, &context))
        .collect()
}

fn letter(entity_type: EntityType) -> char {
    entity_type.as_str().chars().next().unwrap()
}

/// The text with the names marked that are found in it: `[네이버]O가 [서울]L에`. Products are `R`, persons `P`.
fn marked(text: &str) -> String {
    let mut marked = String::new();
    let mut end = 0;
    for candidate in candidates(&SMALL, text) {
        let kind = if candidate.entity_type == EntityType::Product {
            'R'
        } else {
            letter(candidate.entity_type)
        };
        marked.push_str(&text[end..candidate.range.start]);
        marked.push_str(&format!("[{}]{kind}", &text[candidate.range.clone()]));
        end = candidate.range.end;
    }
    marked + &text[end..]
}

/// Finds exactly the names that are marked.
fn check(cases: &[&str]) {
    let mut wrong = Vec::new();
    for case in cases {
        let plain = ["]O", "]L", "]R", "]E", "]P"]
            .iter()
            .fold(case.replace('[', ""), |text, mark| text.replace(mark, ""));
        let found = marked(&plain);
        if found != *case {
            wrong.push(format!("wanted {case}\n found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn particles() {
    check(&[
        "[네이버]O는 새 모델을 냈다",
        "[네이버클라우드]O는 새 모델을 냈다",
        "[네이버 클라우드]O의 새 모델",
        "[SK텔레콤]O이 밝혔다",
        "[SK텔레콤]O은 [SKT]O로 줄여 쓴다",
        "[KT]O의 요금제, [KT]O가, [KT]O는, [KT]O와, [KT]O도",
        "[LG전자]O와 손잡았다",
        "[애플]O이 밝혔고 [구글]O의 답은 없었다",
        "[챗GPT]R가 답했고 [챗GPT]R에게서도 들었다",
        "[카카오톡]R으로 보냈다",
        "[카톡]R으로 보냈다",
        "[카카오]O로부터는 답이 없다",
        "[서울시]O는 막고 [서울]L은 비었다",
        "[서울]L에서도, [서울]L까지, [서울]L로, [서울]L서",
        "[삼성전자]O라는 회사이자 [삼성전자]O였던 곳",
        "[엔비디아]O처럼, [엔비디아]O만큼, [엔비디아]O보다",
        "[인텔]O과 [구글]O등이",
        "1위는 [엔비디아]O다. [엔비디아]O입니다",
        "주인공은 [삼성전자]O인 셈",
        "[현대차그룹]O에 이어 [현대차]O만의",
        "[네이버]O측은 답하지 않았다",
        "[이재용]P 회장이 [이재용]P씨와",
        "[이재용]P회장은 말했다",
    ]);
}

#[test]
fn signs() {
    check(&[
        "[삼성전자]O·[SK하이닉스]O, [LG전자]Oㆍ[LG유플러스]O",
        "'[엔비디아]O'의 독주",
        "\"[엔비디아]O\"라고 했다",
        "‘[카카오톡]R’을 쓴다",
        "([KT]O)는, 케이블([KT]O)",
        "[케이티]O([KT]O)는",
        "[네이버]O/[카카오]O",
        "[네이버]O-[카카오]O 동맹",
        "말했다.[네이버클라우드]O는",
        "[애플]O…[구글]O",
        "①[KT]O ②[SK텔레콤]O",
        "㈜[카카오]O, (주)[카카오]O",
        "전(前)[삼성전자]O 사장",
        "美[구글]O, 中 [네이버]O發 소식",
        "[오픈AI]O, [구글]O 등",
        "[SK C&C]O도 [AT&T]O도",
        "#[네이버]O",
    ]);
}

#[test]
fn no_part_of_a_longer_word() {
    check(&[
        "한국인의 밥상",
        "한국어, 한국형, 한국계",
        "[한국]L은 이겼다",
        "[대한민국]L은 이겼다",
        "메타버스 시대",
        "애플리케이션을 열었다",
        "아마존강 유역",
        "라인업을 짰다",
        "인텔리전스 회사",
        "소니픽이라는 말",
        "삼성역에서 내렸다",
        "삼성전자서비스가 고쳤다",
        "네이버클라우드플랫폼을 쓴다",
        "기아자동차판매가 닫았다",
        "기아체험 행사",
        "구글링을 했다",
        "카카오뱅크는 따로다",
        "세종로를 걸었다",
        "서울대공원에 갔다",
        "인도네시아에 갔다",
        "인도적 지원",
        "SKTX가 달린다",
        "SKTelecom이라 쓴다",
        "MSN 메신저",
        "신구글 문서",
        "ABC서울",
        "3네이버",
        "국회의원 선거",
        "부산대 교수",
        "중국집과 일본풍 가구",
    ]);
}

#[test]
fn latin_and_digits() {
    check(&[
        "[GPT-4]R를 썼다",
        "GPT-4o를 썼다",
        "GPT-4.5를 썼다",
        "GPT-4-turbo를 썼다",
        "[GPT-4]R, [챗GPT]R",
        "메드-팜2와 [팜2]R",
        "www.google.com, Google.com, kim@Naver.com",
        "[Google]O, [GOOGLE]O, [google]O",
        "Ms와 ms는 [MS]O가 아니다",
        "AT&TX",
        "PNP Korea Expo",
        "Made in Korea",
        "[Korea]L 대표",
        "NVIDIA's",
        "[NVIDIA]O 칩",
        "갤럭시 S25+는",
        "[갤럭시 S25]R는",
        "[갤럭시 S2]R는",
        "[갤럭시S25]R와",
    ]);
}

#[test]
fn titles_and_roles() {
    check(&[
        "[분당서울대병원]O장을 지냈다",
        "[통계청]O장은 밝혔다",
        "홍길동 [대구]L시장은",
        "김아무개 [충남]L지사와",
        "[충남]L도지사는",
        "[한국은행]O총재가",
        "[네이버]O대표는",
        "[네이버]O 대표는",
        "[서울대]O교수와 [서울대]O총장",
        "[미국]L정부는 [미국]L대통령이",
        "[미국]L 정부에",
        "[중국]L산 부품, [미국]L발 소식, [일본]L행 비행기",
        "[미 국무부]O는",
        "[미국]L [국무부]O는",
        "영국 [로이터 통신]O은",
    ]);
}

#[test]
fn places_and_authorities() {
    check(&[
        "[서울 송파구 잠실 석촌호수]L다",
        "[대구 엑스코]L에서 열린다",
        "[경기 수원시]L에 있는",
        "[경기도 수원시]L 사람",
        "[미국]L [일본]L 등",
        "[부산]L [대구]L 등",
        "[미국]L [네이버]O",
        "[서울]L의 [송파구]L",
        "[중국 광둥성 선전]L에서 제품을 선전했다",
        "선전을 펼쳤다",
        "[수원 송파구]L에서",
        "경기가 나빠졌다. 경기 침체",
        "[대구시]O는 밝혔다",
        "[대구시]O에 따르면",
        "[대구시]O에 요청했다",
        "[대구시]L에서 열린다",
        "[수원시]L에 있는",
        "[충남도]O가 [충남도]O의",
        "[경기도]L 외곽 지역",
        "[포천시]O는 밝혔다",
        "[포천시]L에 있는",
        "[송파구 방이동]L에서",
        "[포천시]L 활동",
        "[포천시 문예회관]L에서",
        "[수원시 숲속호수공원]L에서",
        "[미국]L 국립공원에서",
    ]);
}

#[test]
fn extensions() {
    check(&[
        "[CES 2025]E에서",
        "[CES 2031]E에서",
        "[CES]E 2025년",
        "[2024 파리 올림픽]E을 앞두고",
        "[제1차 인재양성전략회의]E를",
        "\u{a0}[2024 파리 올림픽]E은",
        "\u{a0}새봄 [파리 올림픽]E은",
        "[제38회 CES]E가",
        "지난 [CES]E",
        "[갤럭시 S31]R을",
        "갤럭시 S31울트라를",
        "[아이폰 17]R이",
        "[아이폰]R 17만 대",
        "[아이폰]R 2대로",
        "[아이폰]R 5종",
        "[아이폰]R 4~6월",
        "[아이폰]R 2025",
        "[하이퍼클로바X 2.5]R는",
        "[서울대 의대]O 교수",
        "[서울대 의과대학]O의",
        "[서울대 컴퓨터공학부]O 교수",
        "[네이버]O 의대",
        "[삼성전자 무선사업부]O는",
        "[네이버 연구소]O에서",
        "[네이버]O 연구소장",
        "[통계청 통계개발원]O이",
        "[과학기술정보통신부]O [한국화학연구원]O",
    ]);
}

#[test]
fn quotes_and_brackets() {
    check(&[
        "'혁신'이란 무엇인가",
        "(혁신)이란 무엇인가",
        "'[이란]L'이라 적었다",
        "[이란]L은 거부했다",
        "[ABB]O(로봇 회사)는",
        "ABB(로봇 회사)관에서",
        "[쿠다]R(CUDA)는",
        "클라우드는 일반 명사다",
    ]);
}

#[test]
fn homonyms_are_chosen_by_evidence() {
    let link = |text: &str, surface: &str| {
        let candidate = candidates(&SMALL, text)
            .into_iter()
            .find(|candidate| &text[candidate.range.clone()] == surface);
        let link = candidate.unwrap().link.unwrap();
        (link.entity_id, link.candidates.len())
    };
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(link("김성훈 대표가 나섰다", "김성훈"), (None, 2));
    assert_eq!(
        link("업스테이지 김성훈 대표가 나섰다", "김성훈"),
        (some("person:kim-sung-hoon-upstage"), 2)
    );
    assert_eq!(link("테무는 답하지 않았다", "테무"), (some("org:temu"), 2));
    assert_eq!(link("테무 앱을 열었다", "테무"), (some("product:temu"), 2));
    assert_eq!(link("네이버는", "네이버"), (some("org:naver"), 1));
    assert_eq!(link("대구시는", "대구시"), (some("org:daegu-city-government"), 1));
    assert_eq!(link("대구시에서", "대구시"), (some("loc:daegu"), 1));
    assert_eq!(link("포천시는 밝혔다", "포천시"), (None, 1));
    let scores: f32 = candidates(&SMALL, "김성훈은")[0]
        .link
        .iter()
        .flat_map(|link| &link.candidates)
        .map(|c| c.score)
        .sum();
    assert!((scores - 1.0).abs() < 1e-6);
}

#[test]
fn confidence_falls_with_the_kind_of_evidence() {
    let confidence = |text: &str| candidates(&SMALL, text)[0].confidence;
    let falling = ["삼성전자", "네이버 클라우드", "애플", "한은", "테무"].map(confidence);
    assert!(falling.windows(2).all(|pair| pair[0] > pair[1]), "{falling:?}");
}

#[test]
fn parts_of_an_entity_are_united_unless_they_differ() {
    let part = |file: &str| Dictionary::read_tsv(file, "test.tsv").unwrap().remove(0);
    let head = "id\ttype\tname\taliases\texternal_ids\n";
    let one = part(&format!("{head}org:a\tORGANIZATION\t가나\t다라\tkrx=1\n"));
    let other = part(&format!(
        "{head}org:a\tORGANIZATION\t가나\t다라|마바\twikidata=Q1\n"
    ));
    let different = part(&format!("{head}org:a\tORGANIZATION\t사아\t\t\n"));
    let dictionary = Dictionary::from_entities(vec![one.clone(), other]).unwrap();
    assert_eq!(dictionary.entities().count(), 1);
    assert_eq!(dictionary.entity("org:a").unwrap().aliases, ["다라", "마바"]);
    assert_eq!(dictionary.entity("org:a").unwrap().external_ids.len(), 2);
    assert!(dictionary.entity("org:b").is_none());
    let error = Dictionary::from_entities(vec![one, different]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "org:a is given twice, with different types or names"
    );
}

#[test]
fn an_empty_dictionary_finds_nothing() {
    assert!(
        Dictionary::from_entities(Vec::new())
            .unwrap()
            .find_names("네이버는")
            .is_empty()
    );
}

/// Every name of the built-in dictionary is found in a sentence, as itself or as part of a longer name.
#[test]
fn all_names_of_the_built_in_dictionary_are_found() {
    let mut missed = Vec::new();
    for entity in BUILT_IN.entities() {
        if is_general_term(&entity.name) || everyday_words::is_everyday_word(&entity.name) {
            continue;
        }
        for text in [
            format!("어제 {}에 대해 물었다", entity.name),
            format!("'{}'의 앞날", entity.name),
        ] {
            let start = text.find(&entity.name).unwrap();
            let end = start + entity.name.len();
            let covers = |name: &NameMatch| name.range.start <= start && end <= name.range.end;
            if !BUILT_IN.find_names(&text).iter().any(covers) {
                missed.push(format!("{} {text}", entity.id));
            }
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

/// Spellings with several entities are allowed; run with `--nocapture` to see them.
#[test]
fn homonyms_of_the_built_in_dictionary() {
    let homonyms: Vec<_> = BUILT_IN.homonyms().collect();
    println!(
        "{} entities, {} homonyms",
        BUILT_IN.entities().count(),
        homonyms.len()
    );
    for (surface, ids) in &homonyms {
        println!("{surface}: {}", ids.join(", "));
    }
    assert!(homonyms.iter().all(|(_, ids)| ids.len() > 1));
}
