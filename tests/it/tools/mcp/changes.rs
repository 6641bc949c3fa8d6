//! What servers have may change while they run.

use rmcp::Peer;

use super::*;

impl Peculiar {
    /// Has other tools and prompts from now on, and says so; or says so for nothing, very often.
    pub(super) async fn change(&self, how: &str, peer: &Peer<RoleServer>) {
        let times = if how == "change" { 1 } else { 500 };
        self.changed.fetch_or(how == "change", Ordering::Relaxed);
        for _ in 0..times {
            peer.notify_tool_list_changed().await.unwrap();
            peer.notify_prompt_list_changed().await.unwrap();
        }
    }
}

/// What is news until nothing has been for a while.
async fn all_news(lab: &mut Lab, mut earlier: Vec<News>, quiet: Duration) -> Vec<News> {
    while let Ok((_, news)) = tokio::time::timeout(quiet, lab.servers.next()).await {
        earlier.push(news);
    }
    earlier
}

#[tokio::test]
async fn lists_that_change_are_told_anew_and_once() {
    let mut lab = Lab::new(&both().await);
    for name in ["pipes", "http"] {
        lab.ready(name).await;
        lab.stock(name).await;
        let (_, news) = lab.call(name, "change", LIMIT).await;
        let news = all_news(&mut lab, news, Duration::from_millis(1_500)).await;
        let mut tools = news.iter().filter_map(|news| match news {
            News::Ready(tools) => Some(tools),
            _ => None,
        });
        let tools = (tools.next().expect("tools are told"), tools.next());
        assert_eq!(
            (tools.0[0].name.as_str(), tools.1),
            ("later", None),
            "{name}"
        );
        let mut stock = news.iter().filter_map(|news| match news {
            News::Has(stock) => Some(stock),
            _ => None,
        });
        let stock = (stock.next().expect("prompts are told"), stock.next());
        assert_eq!((stock.0.prompts.len(), stock.1), (1, None), "{name}");
    }
}

#[tokio::test]
async fn a_flood_of_changes_that_are_none_is_no_news_and_little_work() {
    let mut lab = Lab::new(&both().await);
    for name in ["pipes", "http"] {
        lab.ready(name).await;
        let (_, news) = lab.call(name, "shout", LIMIT).await;
        let news = all_news(&mut lab, news, Duration::from_millis(1_500)).await;
        assert_eq!(news, [], "{name}");
        let (listed, _) = lab.call(name, "count", LIMIT).await;
        let listed: u32 = listed.unwrap().parse().unwrap();
        assert!((2..=4).contains(&listed), "{name}: {listed}");
    }
}

#[tokio::test]
async fn an_error_names_the_server_and_what_was_asked_for_before_the_servers_words() {
    let mut lab = Lab::new(&both().await);
    for name in ["pipes", "http"] {
        lab.ready(name).await;
        let (refused, _) = lab.call(name, "refuse", LIMIT).await;
        assert_eq!(
            refused.unwrap_err(),
            format!(
                "MCP server {name}: the tool refuse was refused: it does not take what it was \
                 given (error -32602). It said: not today"
            )
        );
    }
}
