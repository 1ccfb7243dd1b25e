//! Cases of the grammar: a text, and all that it finds in it with the value.

use gisa_article_model::EntityType;
use jiff::civil::{Date, date};

use super::find_expressions;

/// Everything found in `text`, as `[surface TYPE value]`.
fn rendered(text: &str, published: Date) -> String {
    let found = find_expressions(text, published.at(9, 0, 0, 0));
    let each = found.iter().map(|expression| {
        let value = expression
            .value
            .as_ref()
            .map_or("-".to_owned(), ToString::to_string);
        format!(
            "[{} {} {value}]",
            &text[expression.range.clone()],
            expression.entity_type.as_str()
        )
    });
    each.collect::<Vec<_>>().join(" ")
}

/// Checks lines of `text => expected`, published on 2 April 2024, a Tuesday.
fn check(cases: &str) {
    let wrong: Vec<String> = cases
        .lines()
        .filter_map(|line| line.split_once(" =>"))
        .map(|(text, expected)| (text, expected.trim(), rendered(text, date(2024, 4, 2))))
        .filter(|(_, expected, actual)| expected != actual)
        .map(|(text, expected, actual)| format!("{text}\n  expected {expected}\n  actual   {actual}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn days() {
    check(
        "
행사는 2일 열렸다. => [2일 DATE 2024-04-02]
지난 5일 문을 열었다. => [지난 5일 DATE 2024-03-05]
지난달 5일 출시됐다. => [지난달 5일 DATE 2024-03-05]
지난 28일 공개했다. => [지난 28일 DATE 2024-03-28]
오는 23일부터 26일까지 연다. => [오는 23일부터 26일 DATE 2024-04-23/2024-04-26]
오는 1일 시작한다. => [오는 1일 DATE 2024-05-01]
10월 23~26일 개최한다. => [10월 23~26일 DATE 2024-10-23/2024-10-26]
오는 10월 23~26일 열린다. => [오는 10월 23~26일 DATE 2024-10-23/2024-10-26]
3, 4일 투표한다. => [3, 4일 DATE 2024-04-03/2024-04-04]
3·4일 투표한다. => [3·4일 DATE 2024-04-03/2024-04-04]
23일~26일 접수한다. => [23일~26일 DATE 2024-04-23/2024-04-26]
5월 3일(금)부터 5일(일)까지 쉰다. => [5월 3일(금)부터 5일 DATE 2024-05-03/2024-05-05]
2일(현지시간) 로이터가 전했다. => [2일 DATE 2024-04-02]
28일 업계에 따르면 값이 올랐다. => [28일 DATE 2024-03-28]
28일 발표할 예정이다. => [28일 DATE 2024-04-28]
30일 열린 회의에서 정했다. => [30일 DATE 2024-03-30]
2024년 4월 2일 자 공시 => [2024년 4월 2일 DATE 2024-04-02]
2024.04.02 등록 => [2024.04.02 DATE 2024-04-02]
2024-04-02 등록 => [2024-04-02 DATE 2024-04-02]
2024. 4. 2. 등록 => [2024. 4. 2 DATE 2024-04-02]
2024/04/02 등록 => [2024/04/02 DATE 2024-04-02]
오늘 어제 내일 모레 말했다. => [오늘 DATE 2024-04-02] [어제 DATE 2024-04-01] [내일 DATE 2024-04-03] [모레 DATE 2024-04-04]
이날 전날 다음 날 같은 날 만났다. => [이날 DATE 2024-04-02] [전날 DATE 2024-04-01] [다음 날 DATE 2024-04-03] [같은 날 DATE 2024-04-02]
3월 25일 월요일 개장 => [3월 25일 월요일 DATE 2024-03-25]
24일오후 3시에 만난다. => [24일 DATE 2024-04-24] [오후 3시 TIME 15:00]
1일 평균 300명 => [300명 QUANTITY 300 명]
1일 3회 복용 => [3회 QUANTITY 3 회]
제1일 경기 =>
",
    );
}

#[test]
fn weeks() {
    check(
        "
지난주 이번 주 다음 주 일정 => [지난주 DATE 2024-03-25/2024-03-31] [이번 주 DATE 2024-04-01/2024-04-07] [다음 주 DATE 2024-04-08/2024-04-14]
다음 주 월요일 공개 => [다음 주 월요일 DATE 2024-04-08]
이번 주말 비가 온다. => [이번 주말 DATE 2024-04-06/2024-04-07]
지난 주말 관객이 늘었다. => [지난 주말 DATE 2024-03-30/2024-03-31]
지난주 초 만났다. => [지난주 초 DATE 2024-03-25/2024-03-31]
오는 금요일 발표 => [오는 금요일 DATE 2024-04-05]
지난 월요일 발표 => [지난 월요일 DATE 2024-04-01]
12월 둘째 주 출시한다. => [12월 둘째 주 DATE 2024-12-09/2024-12-15]
3월 2주차 순위 => [3월 2주차 DATE 2024-03-11/2024-03-17]
다음 주자로 나섰다. =>
이번 주주총회 안건 =>
",
    );
}

#[test]
fn months() {
    check(
        "
올해 3월 시작했다. => [올해 3월 DATE 2024-03]
지난해 12월 시작했다. => [지난해 12월 DATE 2023-12]
오는 10월 열린다. => [오는 10월 DATE 2024-10]
1월 신설했다. => [1월 DATE 2024-01]
12월 마쳤다고 밝혔다. => [12월 DATE 2023-12]
이달 내달 지난달 다음 달 일정 => [이달 DATE 2024-04] [내달 DATE 2024-05] [지난달 DATE 2024-03] [다음 달 DATE 2024-05]
이달 말 지난달 초 다음 달 중순 => [이달 말 DATE 2024-04] [지난달 초 DATE 2024-03] [다음 달 중순 DATE 2024-05]
3월 말 3월 초순 3월 초 하순 => [3월 말 DATE 2024-03] [3월 초순 DATE 2024-03] [3월 초 DATE 2024-03]
4~6월 실적 => [4~6월 DATE 2024-04/2024-06]
3월~5월 사이 => [3월~5월 DATE 2024-03/2024-05]
4, 5월 두 달 => [4, 5월 DATE 2024-04/2024-05] [두 달 DURATION P2M]
3월부터 5월까지 접수한다. => [3월부터 5월 DATE 2024-03/2024-05]
2021년 3월부터 올해 2월까지 썼다. => [2021년 3월부터 올해 2월 DATE 2021-03/2024-02]
2021년 4월 세워 6월 투자를 받았다. => [2021년 4월 DATE 2021-04] [6월 DATE 2021-06]
월말 결산 => [월말 DATE 2024-04]
2024년 봄호 => [2024년 봄 DATE 2024]
3월호 표지 => [3월 DATE 2024-03]
'24년 3월 23년 5월 비교 => ['24년 3월 DATE 2024-03] [23년 5월 DATE 2023-05]
같은 달 5일 끝났다. => [같은 달 5일 DATE 2024-04-05]
",
    );
}

#[test]
fn quarters_and_years() {
    check(
        "
2분기 실적 => [2분기 DATE 2024-Q2]
올해 1분기 지난해 3분기 => [올해 1분기 DATE 2024-Q1] [지난해 3분기 DATE 2023-Q3]
1~3분기 누적 => [1~3분기 DATE 2024-Q1/2024-Q3]
2/4분기 잠정치 => [2/4분기 DATE 2024-Q2]
지난 분기보다 줄었다. => [지난 분기 DATE 2024-Q1]
4분기 연속 적자 => [4분기 DURATION P12M]
상반기 매출 하반기 전망 => [상반기 DATE 2024-01/2024-06] [하반기 DATE 2024-07/2024-12]
지난해 하반기 올 하반기 => [지난해 하반기 DATE 2023-07/2023-12] [올 하반기 DATE 2024-07/2024-12]
오는 하반기 상장한다. => [오는 하반기 DATE 2024-07/2024-12]
올해 내년 작년 재작년 내후년 => [올해 DATE 2024] [내년 DATE 2025] [작년 DATE 2023] [재작년 DATE 2022] [내후년 DATE 2026]
올 초 올해 초 지난해 말 작년 말 => [올 초 DATE 2024] [올해 초 DATE 2024] [지난해 말 DATE 2023] [작년 말 DATE 2023]
연초 연말 연내 계획 => [연초 DATE 2024] [연말 DATE 2024] [연내 DATE 2024]
연말정산 연말연시 =>
올봄 올 여름 지난겨울 내년 가을 => [올봄 DATE 2024] [올 여름 DATE 2024] [지난겨울 DATE 2023] [내년 가을 DATE 2025]
봄을 맞아 여름 휴가 =>
1990년대 80년대 2000년대 초반 => [1990년대 DATE 1990/1999] [80년대 DATE 1980/1989] [2000년대 초반 DATE 2000/2009]
21세기 19세기 말 => [21세기 DATE 2001/2100] [19세기 말 DATE 1801/1900]
2021~2025 계획 => [2021~2025 DATE 2021/2025]
2021~2025년 계획 => [2021~2025년 DATE 2021/2025]
2021년~2025년 계획 => [2021년~2025년 DATE 2021/2025]
2022, 2023년 결과 => [2022, 2023년 DATE 2022/2023]
2023~24년 시즌 => [2023~24년 DATE 2023/2024]
'24년 목표 => ['24년 DATE 2024]
98년도 졸업 => [98년도 DATE 1998]
지난 2020년 창업 => [지난 2020년 DATE 2020]
지난해 같은 기간보다 => [지난해 같은 기간 DATE 2023]
1분기 매출은 전년 동기 대비 늘었다. => [1분기 DATE 2024-Q1] [전년 동기 DATE 2023-Q1]
2019년 창업해 이듬해 상장했다. => [2019년 DATE 2019] [이듬해 DATE 2020]
최근 매년 매월 당시 =>
",
    );
}

#[test]
fn relative_dates() {
    check(
        "
5년 뒤 세계 => [5년 뒤 DATE 2029]
3년 전 나온 책 => [3년 전 DATE 2021]
10일 후 끝난다. => [10일 후 DATE 2024-04-12]
두 달 뒤 사흘 전 한 달 전 => [두 달 뒤 DATE 2024-06] [사흘 전 DATE 2024-03-30] [한 달 전 DATE 2024-03]
3~5년 뒤 => [3~5년 뒤 DATE 2027/2029]
1시간 뒤 온다. => [1시간 DURATION PT1H]
",
    );
}

#[test]
fn clock_times() {
    check(
        "
오전 9시 30분 오후 3시 => [오전 9시 30분 TIME 09:30] [오후 3시 TIME 15:00]
오후 2시~4시 강의 => [오후 2시~4시 TIME 14:00/16:00]
오전 9시부터 오후 6시까지 연다. => [오전 9시부터 오후 6시 TIME 09:00/18:00]
9시~18시 10~17시 => [9시~18시 TIME 09:00/18:00] [10~17시 TIME 10:00/17:00]
14:30 출발 => [14:30 TIME 14:30]
정오 자정 밤 12시 낮 1시 => [정오 TIME 12:00] [자정 TIME 00:00] [밤 12시 TIME 00:00] [낮 1시 TIME 13:00]
저녁 7시 반 새벽 2시께 => [저녁 7시 반 TIME 19:30] [새벽 2시 TIME 02:00]
10:1 비율 3:2 승 =>
시장 3시리즈 30시 =>
",
    );
}

#[test]
fn durations() {
    check(
        "
10년 3개월간 5일간 => [10년 3개월 DURATION P10Y3M] [5일 DURATION P5D]
5일 동안 5일 만에 20일 이내 => [5일 DURATION P5D] [5일 DURATION P5D] [20일 DURATION P20D]
주 5일 근무 100일 기념 => [5일 DURATION P5D] [100일 DURATION P100D]
3년 연속 3년째 3년여 만에 => [3년 DURATION P3Y] [3년 DURATION P3Y] [3년여 DURATION P3Y]
10여 일 20여 년 => [10여 일 DURATION P10D] [20여 년 DURATION P20Y]
세 달 한 달 두 시간 => [세 달 DURATION P3M] [한 달 DURATION P1M] [두 시간 DURATION PT2H]
사흘 열흘 보름 하루 일주일 => [사흘 DURATION P3D] [열흘 DURATION P10D] [보름 DURATION P15D] [하루 DURATION P1D] [일주일 DURATION P1W]
반년 2년 반 1시간 반 => [반년 DURATION P6M] [2년 반 DURATION P2Y6M] [1시간 반 DURATION PT1H30M]
1년 6개월 1시간 30분 3분 20초 => [1년 6개월 DURATION P1Y6M] [1시간 30분 DURATION PT1H30M] [3분 20초 DURATION PT3M20S]
징역 1년 6월 선고 => [1년 6월 DURATION P1Y6M]
2박 3일 여행 => [2박 3일 DURATION P3D]
11.5년 0.1초 => [11.5년 DURATION P11.5Y] [0.1초 DURATION PT0.1S]
3~5년 3개월~6개월 => [3~5년 DURATION P3Y/P5Y] [3개월~6개월 DURATION P3M/P6M]
최근 3년간 향후 10년 => [3년 DURATION P3Y] [10년 DURATION P10Y]
3년 차 5년차 2년제 10주년 =>
3년물 100년생 =>
3분의 1 2분의 1 =>
하루빨리 하루아침에 =>
",
    );
}

#[test]
fn money() {
    check(
        "
12만3,000달러 => [12만3,000달러 MONEY 123000 USD]
8,000억 원 규모 => [8,000억 원 MONEY 800000000000 KRW]
7조2,000억 원 => [7조2,000억 원 MONEY 7200000000000 KRW]
1조 2천억 원 => [1조 2천억 원 MONEY 1200000000000 KRW]
1억 2천만 달러 => [1억 2천만 달러 MONEY 120000000 USD]
3만 원대 3만원짜리 => [3만 원대 MONEY 30000 KRW] [3만원 MONEY 30000 KRW]
100만~200만 원 => [100만~200만 원 MONEY 1000000/2000000 KRW]
3~5만 원 3,000~5,000원 => [3~5만 원 MONEY 30000/50000 KRW] [3,000~5,000원 MONEY 3000/5000 KRW]
100만 원~200만 원 => [100만 원~200만 원 MONEY 1000000/2000000 KRW]
매출 830억, 영업이익 100억 => [830억 MONEY 83000000000 KRW] [100억 MONEY 10000000000 KRW]
영업익 6.6조 기록 => [6.6조 MONEY 6600000000000 KRW]
10조 투자한다. => [10조 MONEY 10000000000000 KRW]
$1.2 $3B ₩5,000 €30 => [$1.2 MONEY 1.2 USD] [$3B MONEY 3000000000 USD] [₩5,000 MONEY 5000 KRW] [€30 MONEY 30 EUR]
500유로 300엔 20억 위안 5파운드 99센트 => [500유로 MONEY 500 EUR] [300엔 MONEY 300 JPY] [20억 위안 MONEY 2000000000 CNY] [5파운드 MONEY 5 GBP] [99센트 MONEY 0.99 USD]
5000만 루피 3억 홍콩달러 10만 바트 => [5000만 루피 MONEY 50000000 INR] [3억 홍콩달러 MONEY 300000000 HKD] [10만 바트 MONEY 100000 THB]
1조5,000억여 원 10억여 원 => [1조5,000억여 원 MONEY 1500000000000 KRW] [10억여 원 MONEY 1000000000 KRW]
만 원 백만 원 십만 달러 => [만 원 MONEY 10000 KRW] [백만 원 MONEY 1000000 KRW] [십만 달러 MONEY 100000 USD]
수억 원 몇 만 원 수천만 달러 =>
3조 4조에 속했다. =>
5원칙 3차원 2024년엔 두 동 => [2024년 DATE 2024]
비트코인 3만 =>
",
    );
}

#[test]
fn percentages() {
    check(
        "
59.1% 오른 30~40% => [59.1% PERCENT 59.1] [30~40% PERCENT 30/40]
30%~40% 59.1 퍼센트 => [30%~40% PERCENT 30/40] [59.1 퍼센트 PERCENT 59.1]
1.5%포인트 1.5%p 0.25%P => [1.5%포인트 PERCENT 1.5 point] [1.5%p PERCENT 1.5 point] [0.25%P PERCENT 0.25 point]
-0.3% 마이너스 1.5% => [-0.3% PERCENT -0.3] [마이너스 1.5% PERCENT -1.5]
전년 대비 12%로 => [전년 DATE 2023] [12% PERCENT 12]
10%대 금리 => [10%대 PERCENT 10]
",
    );
}

#[test]
fn quantities() {
    check(
        "
3,000명 500여 명 1만2,000명 => [3,000명 QUANTITY 3000 명] [500여 명 QUANTITY 500 명] [1만2,000명 QUANTITY 12000 명]
200개 사 30개 국 10개국 150개사 => [200개 사 QUANTITY 200 개 사] [30개 국 QUANTITY 30 개 국] [10개국 QUANTITY 10 개국] [150개사 QUANTITY 150 개사]
30개 국가 5개 사업 12개팀 => [30개 QUANTITY 30 개] [5개 QUANTITY 5 개] [12개팀 QUANTITY 12 개팀]
300인 이상 1인 가구 => [300인 QUANTITY 300 인]
1,300만 다운로드 2조 토큰 => [1,300만 다운로드 QUANTITY 13000000 다운로드] [2조 토큰 QUANTITY 2000000000000 토큰]
1,200㎡ 33만㎡ 250만 평 => [1,200㎡ QUANTITY 1200 ㎡] [33만㎡ QUANTITY 330000 ㎡] [250만 평 QUANTITY 2500000 평]
영하 10도 섭씨 30도 => [영하 10도 QUANTITY -10 도] [섭씨 30도 QUANTITY 30 도]
두 명 세 곳 네 가지 열두 건 => [두 명 QUANTITY 2 명] [세 곳 QUANTITY 3 곳] [네 가지 QUANTITY 4 가지] [열두 건 QUANTITY 12 건]
세대 한번 두개골 한명숙 =>
두 번 한 번 두 번째 => [두 번 QUANTITY 2 번]
3~4명 10명~20명 => [3~4명 QUANTITY 3/4 명] [10명~20명 QUANTITY 10/20 명]
10GB 1.5GHz 7nm 5나노 2.4TB/s => [10GB QUANTITY 10 GB] [1.5GHz QUANTITY 1.5 GHz] [7nm QUANTITY 7 nm] [5나노 QUANTITY 5 나노] [2.4TB/s QUANTITY 2.4 TB/s]
3kg 100km 200MW 45W 6.7인치 => [3kg QUANTITY 3 kg] [100km QUANTITY 100 km] [200MW QUANTITY 200 MW] [45W QUANTITY 45 W] [6.7인치 QUANTITY 6.7 인치]
HBM 12단 4대 도입 => [12단 QUANTITY 12 단]
로봇 30대 자동차 5만 대 => [30대 QUANTITY 30 대] [5만 대 QUANTITY 50000 대]
20대 10대 그룹 세계 3대 5대 은행 =>
100대 1 경쟁 =>
1위 제3차 2호 3기 1등 1단계 5세대 =>
30세 2배 두 자릿수 몇 명 수십 명 =>
GPT-4 HBM3E K9 S24 H100 아이오닉 5 =>
5G 4K 3D 2.0 v1.5 FIX 2024 =>
005930 02-1234-5678 010-1234-5678 24/7 =>
주식 100만 주 1주당 => [100만 주 QUANTITY 1000000 주]
원전 4기 위성 3기 => [4기 QUANTITY 4 기] [3기 QUANTITY 3 기]
통신 3사 2사 => [3사 QUANTITY 3 사]
700억 개 1,750억 개 => [700억 개 QUANTITY 70000000000 개] [1,750억 개 QUANTITY 175000000000 개]
백만 명 천만 관객 천명했다 => [백만 명 QUANTITY 1000000 명] [천만 관객 QUANTITY 10000000 관객]
약300명 총30개 제3자 => [300명 QUANTITY 300 명] [30개 QUANTITY 30 개]
①3개 ②5명 => [3개 QUANTITY 3 개] [5명 QUANTITY 5 명]
108석 302편 1만 표 => [108석 QUANTITY 108 석] [302편 QUANTITY 302 편] [1만 표 QUANTITY 10000 표]
3경기 5점 2권 => [3경기 QUANTITY 3 경기] [5점 QUANTITY 5 점] [2권 QUANTITY 2 권]
문장이 끝났다.25일 시작했다. => [25일 DATE 2024-03-25]
",
    );
}

#[test]
fn mixed() {
    check(
        "
99센트 올랐다. => [99센트 MONEY 0.99 USD]
5월 1일 개막해 12일 막을 내린다. => [5월 1일 DATE 2024-05-01] [12일 DATE 2024-05-12]
2023년 9월 열었고 12월 닫는다. => [2023년 9월 DATE 2023-09] [12월 DATE 2024-12]
이번 분기 다음 분기 => [이번 분기 DATE 2024-Q2] [다음 분기 DATE 2024-Q3]
2024학년도 2023 회계연도 => [2024학년도 DATE 2024] [2023 회계연도 DATE 2023]
5개년 계획 3분기 만에 => [5개년 DURATION P5Y] [3분기 DURATION P9M]
30일 이내 2일 이상 => [30일 DURATION P30D] [2일 DURATION P2D]
10월경 10월께 10월호 => [10월 DATE 2024-10] [10월 DATE 2024-10] [10월 DATE 2024-10]
1천3곳 2천5백 개 1만 8,600m => [1천3곳 QUANTITY 1003 곳] [2천5백 개 QUANTITY 2500 개] [1만 8,600m QUANTITY 18600 m]
300만 화소 1억 화소 => [300만 화소 QUANTITY 3000000 화소] [1억 화소 QUANTITY 100000000 화소]
시신 2구 71번 버스 => [2구 QUANTITY 2 구]
30여개 언어 850여 개 => [30여개 QUANTITY 30 개] [850여 개 QUANTITY 850 개]
3월 중 4월 내 => [3월 DATE 2024-03] [4월 DATE 2024-04]
새벽 0시30분 24시 => [새벽 0시30분 TIME 00:30] [24시 TIME 00:00]
1시간여 두 달여 => [1시간여 DURATION PT1H] [두 달여 DURATION P2M]
총 3천만 원 약 1,300억 원 => [3천만 원 MONEY 30000000 KRW] [1,300억 원 MONEY 130000000000 KRW]
1조 투자 1천억 유치 => [1조 MONEY 1000000000000 KRW] [1천억 MONEY 100000000000 KRW]
다음 분기 전망 => [다음 분기 DATE 2024-Q3]
6개월~1년 30분~1시간 => [6개월~1년 DURATION P6M/P1Y] [30분~1시간 DURATION PT30M/PT1H]
20~30대 직장인 자동차 30대 => [30대 QUANTITY 30 대]
한 팀 한 명 한 가지 세 번째 => [한 명 QUANTITY 1 명]
지난해 4분기 매출은 전 분기보다 늘었다. => [지난해 4분기 DATE 2023-Q4] [전 분기 DATE 2023-Q3]
3월 물가는 전월 대비 올랐다. => [3월 DATE 2024-03] [전월 DATE 2024-02]
",
    );
}

/// What a date without its year or month means depends on when it was published and on the tense.
#[test]
fn other_publication_days() {
    let cases = "
2024-01-08 | 12월 판매가 늘었다. => [12월 DATE 2023-12]
2024-01-08 | 4분기 실적을 발표했다. => [4분기 DATE 2023-Q4]
2024-01-08 | 지난해 12월 30일 열었다. => [지난해 12월 30일 DATE 2023-12-30]
2024-04-01 | 31일 업계에 따르면 늘었다. => [31일 DATE 2024-03-31]
2024-04-25 | 5월 출시할 예정이다. => [5월 DATE 2024-05]
2024-11-20 | 1월 출시할 예정이다. => [1월 DATE 2025-01]
2024-03-25 | 28일 시작한다고 25일 밝혔다. => [28일 DATE 2024-03-28] [25일 DATE 2024-03-25]
2024-03-31 | 지난 30일 오는 30일 => [지난 30일 DATE 2024-03-30] [오는 30일 DATE 2024-04-30]
2024-01-01 | 어제 지난달 지난주 => [어제 DATE 2023-12-31] [지난달 DATE 2023-12] [지난주 DATE 2023-12-25/2023-12-31]
2024-02-29 | 1년 전 1년 뒤 => [1년 전 DATE 2023] [1년 뒤 DATE 2025]
2024-12-31 | 내일 다음 달 다음 주 => [내일 DATE 2025-01-01] [다음 달 DATE 2025-01] [다음 주 DATE 2025-01-06/2025-01-12]
2024-03-26 | 25일 열렸다. 이날 그는 말했다. => [25일 DATE 2024-03-25] [이날 DATE 2024-03-25]
2024-03-26 | 25일 밝혔다. 전날 알렸다. => [25일 DATE 2024-03-25] [전날 DATE 2024-03-24]
2024-08-10 | 상반기 매출이 줄었다. => [상반기 DATE 2024-01/2024-06]
2024-01-10 | 하반기에 팔았다. => [하반기 DATE 2023-07/2023-12]
2024-10-05 | 지난여름 지난겨울 올겨울 => [지난여름 DATE 2024] [지난겨울 DATE 2023] [올겨울 DATE 2024]
2024-06-15 | 지난 12월 오는 3월 => [지난 12월 DATE 2023-12] [오는 3월 DATE 2025-03]
2024-03-05 | 31일 마감했다. => [31일 DATE 2024-01-31]
";
    for (published, text, expected) in cases.lines().filter_map(dated_case) {
        assert_eq!(rendered(text, published), expected, "{text} {published}");
    }
}

/// Reads `date | text => expected`.
fn dated_case(line: &str) -> Option<(Date, &str, &str)> {
    let (published, case) = line.split_once(" | ")?;
    let (text, expected) = case.split_once(" => ")?;
    Some((published.parse().ok()?, text, expected))
}

#[test]
fn nothing_in_an_empty_text() {
    assert_eq!(find_expressions("", date(2024, 4, 2).at(0, 0, 0, 0)), []);
}

#[test]
fn every_type_of_expression_and_no_name() {
    let text = "2일 오후 3시부터 2시간 동안 5만 원을 내고 3명 가운데 30%가 왔다.";
    let found = find_expressions(text, date(2024, 4, 2).at(0, 0, 0, 0));
    let types: Vec<EntityType> = found.iter().map(|expression| expression.entity_type).collect();
    use EntityType::{Date, Duration, Money, Percent, Quantity, Time};
    assert_eq!(types, [Date, Time, Duration, Money, Quantity, Percent]);
}
