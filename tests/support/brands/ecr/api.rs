//! The calls of ECR and ECR Public, in JSON.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::jwt::now;
use super::{ACCOUNT, ALIAS, Aws, fault};
use crate::support::vendor::{Answer, Request};

type Outcome = Result<Value, Answer>;

impl Aws {
    /// The answer to a call of a service.
    pub(super) fn api(&mut self, request: &Request, service: &str) -> Answer {
        if let Err(refused) = self.signed(request, service) {
            return refused;
        }
        let target = request.header("x-amz-target").unwrap_or_default();
        let (prefix, operation) = target.split_once('.').unwrap_or_default();
        let expected = match service {
            "ecr" => "AmazonEC2ContainerRegistry_V20150921",
            _ => "SpencerFrontendService",
        };
        let action = format!("{service}:{operation}");
        if prefix != expected {
            return fault("UnknownOperationException", target);
        }
        if self.denied.contains(&action) {
            let message = format!(
                "User: arn:aws:sts::{ACCOUNT}:assumed-role/ci/job is not authorized to perform: \
                 {action} because no identity-based policy allows the {action} action"
            );
            return fault("AccessDeniedException", &message);
        }
        let is_public = service == "ecr-public";
        match self.call(operation, &request.json(), is_public) {
            Ok(body) => Answer::new(200)
                .header("Content-Type", "application/x-amz-json-1.1")
                .body(body.to_string()),
            Err(refused) => refused,
        }
    }

    fn call(&mut self, operation: &str, input: &Value, is_public: bool) -> Outcome {
        match operation {
            "GetAuthorizationToken" => return Ok(self.token(is_public)),
            "DescribeRegistries" if is_public => return Ok(registries()),
            _ => {}
        }
        if input["registryId"].as_str().is_some_and(|id| id != ACCOUNT) {
            return Err(fault("AccessDeniedException", "another account"));
        }
        let name = input["repositoryName"].as_str().unwrap_or_default();
        let key = if is_public {
            format!("{ALIAS}/{name}")
        } else {
            name.to_owned()
        };
        let exists = self.store.repository(&key).is_some();
        if operation == "CreateRepository" {
            if exists {
                let message = format!("The repository with name '{name}' already exists");
                return Err(fault("RepositoryAlreadyExistsException", &message));
            }
            self.store.create(&key);
            return Ok(json!({"repository": {"repositoryName": name, "registryId": ACCOUNT}}));
        }
        if !exists {
            let message = format!(
                "The repository with name '{name}' does not exist in the registry with id \
                 '{ACCOUNT}'"
            );
            return Err(fault("RepositoryNotFoundException", &message));
        }
        match operation {
            "DescribeImages" => self.describe(&key, input, is_public),
            "BatchDeleteImage" => self.batch_delete(&key, input),
            "DeleteRepository" => {
                let is_empty = self.store.manifests(&key).is_empty();
                if !is_empty && input["force"] != true {
                    return Err(fault("RepositoryNotEmptyException", name));
                }
                self.store.repositories.remove(&key);
                Ok(json!({"repository": {"repositoryName": name}}))
            }
            _ => Err(fault("UnsupportedCommandException", operation)),
        }
    }

    /// A new password, good at all registries for 12 hours.
    fn token(&mut self, is_public: bool) -> Value {
        let (password, end) = match self.passwords {
            Some(lives) => {
                self.count += 1;
                self.password_ends = Some(Instant::now() + Duration::from_secs(lives));
                (format!("made-{}", self.count), now() + lives)
            }
            None => ("made".to_owned(), 1_800_000_000),
        };
        self.users.add("AWS", &password);
        let token = BASE64_STANDARD.encode(format!("AWS:{password}"));
        let data = json!({"authorizationToken": token, "expiresAt": end as f64 + 0.5});
        match is_public {
            true => json!({"authorizationData": data}),
            false => json!({"authorizationData": [data]}),
        }
    }
}

/// The account's own registry at ECR Public. An alias that was asked for is not its own yet.
fn registries() -> Value {
    let alias = |name: &str, status: &str| {
        json!({
            "name": name, "status": status, "primaryRegistryAlias": status == "ACTIVE",
            "defaultRegistryAlias": false,
        })
    };
    json!({"registries": [{
        "registryId": ACCOUNT,
        "registryArn": format!("arn:aws:ecr-public::{ACCOUNT}:registry/{ACCOUNT}"),
        "registryUri": format!("public.ecr.aws/{ALIAS}"),
        "verified": false,
        "aliases": [alias("pending", "PENDING"), alias(ALIAS, "ACTIVE")],
    }]})
}
