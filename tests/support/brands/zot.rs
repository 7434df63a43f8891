//! zot with its search extension.

use serde_json::{Value, json};

use crate::support::vendor::{Answer, Request, Rules, Store, Vendor, v2};

/// It lets everybody in, and names a login all the same.
pub struct Zot {
    pub store: Store,
    rules: Rules,
    /// Whether it knows who pushed and pulled what when.
    pub counts: bool,
    /// Whether it has the extension.
    pub searches: bool,
}

impl Zot {
    /// One of these days, with the extension.
    pub fn new() -> Self {
        Self {
            store: Store::new(),
            rules: Rules::default(),
            counts: true,
            searches: true,
        }
    }

    fn search(&self, query: &str) -> Value {
        if !self.counts && query.contains("PushTimestamp") {
            let message = "Cannot query field \"PushTimestamp\" on type \"ImageSummary\".";
            return json!({"errors": [{"message": message}], "data": null});
        }
        let name = query.split('"').nth(1).unwrap();
        let repository = self.store.repository(name).unwrap();
        let images = repository.tags.iter().map(|(tag, named)| {
            let manifest = repository.find(&named.digest).unwrap();
            let mut image = json!({
                "Tag": tag,
                "Digest": named.digest,
                "Size": manifest.size().to_string(),
                "LastUpdated": "2024-05-01T10:00:00.123Z",
            });
            if self.counts {
                image["MediaType"] = json!(manifest.media_type);
                image["PushTimestamp"] = json!("2024-06-01T00:00:00Z");
                image["TaggedTimestamp"] = json!("2024-06-02T00:00:00Z");
                image["LastPullTimestamp"] = json!("0001-01-01T00:00:00Z");
                image["Manifests"] = json!([{"Platform": {"Os": "linux", "Arch": "amd64"}}]);
            }
            image
        });
        json!({"data": {"ExpandedRepoInfo": {"Images": images.collect::<Vec<_>>()}}})
    }
}

impl Vendor for Zot {
    fn answer(&mut self, request: &Request) -> Answer {
        if self.searches && request.path == "/v2/_zot/ext/search" {
            return Answer::new(200).json(&self.search(request.parameter("query").unwrap()));
        }
        let answer = v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404));
        if request.path != "/v2/" {
            return answer;
        }
        answer
            .header("Access-Control-Allow-Headers", "Authorization,content-type")
            .header("WWW-Authenticate", "basic realm=")
    }
}
