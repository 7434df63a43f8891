//! Who a job is at AWS: every place where AWS's SDKs look, and the ID token of the CI system.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use super::{World, private};
use crate::support::brands::ecr::PRIVATE;
use crate::support::vendor::{Answer, Local, Request, shared};

const ROLE: &str = "arn:aws:iam::012345678901:role/ci";

impl World {
    /// Has `untag` done, and says which key has signed its calls.
    fn signer(&self) -> String {
        let digest = self.aws().store.push_image("app", Some("v1"), "one");
        self.aws().store.tag("app", &digest, "v2");
        let (code, _, said) = self.run(&["untag", &private("app:v1"), "--retry-timeout", "0s"]);
        assert_eq!((code, said.as_str()), (0, ""));
        let requests = self.network.requests();
        let signed = requests
            .iter()
            .filter(|seen| seen.header("x-amz-target").is_some());
        let keys = signed.map(|seen| {
            let signature = seen.header("authorization").unwrap();
            let credential = signature.split_once("Credential=").unwrap().1;
            credential.split('/').next().unwrap().to_owned()
        });
        let mut keys: Vec<String> = keys.collect();
        keys.dedup();
        keys.join(", ")
    }

    /// Writes AWS's own files.
    fn file(&self, name: &str, text: &str) {
        let path = self.home.path().join(".aws").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What was asked of others than ECR.
    fn others(&self) -> Vec<String> {
        let mut seen = self.network.seen();
        seen.retain(|line| !line.contains(" api.ecr."));
        seen
    }
}

fn id_token(claims: &serde_json::Value) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{}",
        part("{}"),
        part(&claims.to_string()),
        part("signature")
    )
}

fn claims() -> serde_json::Value {
    json!({
        "iss": "https://gitlab.example.com", "sub": "project_path:team/app:ref_type:branch:ref:main",
        "aud": "sts.amazonaws.com", "exp": 4_000_000_000_u64,
    })
}

#[test]
fn a_profile_with_keys() {
    let mut world = World::of_nobody();
    world.set("AWS_PROFILE", "ci");
    let keys = "[ci]\naws_access_key_id = AKIAJOB\naws_secret_access_key = secret\n";
    world.file("credentials", keys);
    assert_eq!(world.signer(), "AKIAJOB");
}

#[test]
fn a_profile_with_a_process() {
    let mut world = World::of_nobody();
    world.set("AWS_PROFILE", "ci");
    let keys = json!({"Version": 1, "AccessKeyId": "AKIAJOB", "SecretAccessKey": "secret"});
    world.file("keys.json", &keys.to_string());
    let path = world.home.path().join(".aws/keys.json");
    let config = format!(
        "[profile ci]\ncredential_process = cat {}\n",
        path.display()
    );
    world.file("config", &config);
    assert_eq!(world.signer(), "AKIAJOB");
}

#[test]
fn a_profile_with_a_role() {
    let mut world = World::of_nobody();
    world.set("AWS_PROFILE", "ci");
    let keys = "[base]\naws_access_key_id = AKIAJOB\naws_secret_access_key = secret\n";
    world.file("credentials", keys);
    let config = format!("[profile ci]\nrole_arn = {ROLE}\nsource_profile = base\n");
    world.file("config", &config);
    assert_eq!(world.signer(), "ASIA1");
    assert_eq!(world.others(), ["POST sts.eu-central-1.amazonaws.com/ 200"]);
}

#[test]
fn a_profile_with_single_sign_on() {
    let mut world = World::of_nobody();
    world.set("AWS_PROFILE", "ci");
    let start = "https://acme.awsapps.com/start";
    let config = format!(
        "[profile ci]\nsso_start_url = {start}\nsso_region = us-east-1\n\
         sso_account_id = 012345678901\nsso_role_name = ci\n"
    );
    world.file("config", &config);
    // What `aws sso login` leaves, under the SHA-1 of the address.
    let name = "sso/cache/40169cea58ca6cbf23fb27b2542923fb5f524af0.json";
    let token = json!({
        "startUrl": start, "region": "us-east-1", "accessToken": "sso-token",
        "expiresAt": "2099-01-01T00:00:00Z",
    });
    world.file(name, &token.to_string());
    world
        .network
        .answer("portal.sso.us-east-1.amazonaws.com", |request| {
            if request.header("x-amz-sso_bearer_token") != Some("sso-token") {
                return Answer::new(401);
            }
            Answer::new(200).json(&json!({"roleCredentials": {
                "accessKeyId": "AKIAJOB", "secretAccessKey": "secret", "sessionToken": "sso",
                "expiration": 4_000_000_000_000_u64,
            }}))
        });
    world
        .aws()
        .keys
        .insert("AKIAJOB".to_owned(), Some("sso".to_owned()));
    assert_eq!(world.signer(), "AKIAJOB");
}

#[test]
fn a_token_in_a_file() {
    let mut world = World::of_nobody();
    let token = id_token(&claims());
    world.aws().trusted.clone_from(&token);
    world.file("token", &token);
    let path = world.home.path().join(".aws/token");
    world.set("AWS_ROLE_ARN", ROLE);
    world.set("AWS_WEB_IDENTITY_TOKEN_FILE", path.to_str().unwrap());
    assert_eq!(world.signer(), "ASIA1");
    assert_eq!(world.others(), ["POST sts.eu-central-1.amazonaws.com/ 200"]);
}

#[test]
fn an_id_token_of_the_job() {
    let mut world = World::of_nobody();
    let token = id_token(&claims());
    world.aws().trusted.clone_from(&token);
    world.set("AWS_ROLE_ARN", ROLE);
    world.set("DOCKSIDE_ID_TOKEN", &token);
    assert_eq!(world.signer(), "ASIA1");
    let requests = world.network.requests();
    let mut forms = requests[0].forms();
    forms.sort();
    let expected = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "dockside"),
        ("Version", "2011-06-15"),
        ("WebIdentityToken", &token),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(forms, expected);
    assert_eq!(requests[0].header("authorization"), None);
    assert_eq!(world.others(), ["POST sts.eu-central-1.amazonaws.com/ 200"]);
}

/// What is good for no time at all is got again for each call.
#[test]
fn a_session_that_ends_is_renewed() {
    let mut world = World::of_nobody();
    let token = id_token(&claims());
    {
        let aws = &mut *world.aws();
        aws.trusted.clone_from(&token);
        aws.lifetime = -1;
    }
    world.set("AWS_ROLE_ARN", ROLE);
    world.set("DOCKSIDE_ID_TOKEN", &token);
    assert_eq!(world.signer(), "ASIA1, ASIA2");
}

#[test]
fn an_id_token_that_the_role_does_not_trust() {
    let mut world = World::of_nobody();
    let token = id_token(&claims());
    world.set("AWS_ROLE_ARN", ROLE);
    world.set("DOCKSIDE_ID_TOKEN", &token);
    let done = world.run(&["untag", &private("app:v1")]);
    let said = "dockside: error: AWS's token service refused (status 400): InvalidIdentityToken: \
                No OpenIDConnect provider found in your account\n\
                dockside: hint: the account must have an identity provider for the issuer of the \
                job's ID token, with the audience sts.amazonaws.com; its trust rule must fit the \
                job's ID token: iss https://gitlab.example.com, sub \
                project_path:team/app:ref_type:branch:ref:main, aud sts.amazonaws.com\n";
    assert_eq!(done, (4, String::new(), said.to_owned()));
}

#[test]
fn the_endpoint_of_a_container() {
    let mut world = World::of_nobody();
    let endpoint = |request: &Request| match request.header("authorization") {
        Some("container-token") => Answer::new(200).json(&json!({
            "AccessKeyId": "AKIAJOB", "SecretAccessKey": "secret", "Token": "container",
            "Expiration": "2099-01-01T00:00:00Z",
        })),
        _ => Answer::new(403),
    };
    let endpoint = Local::start(&shared(endpoint));
    let url = format!("{}/v1/credentials", endpoint.url());
    world.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url);
    world.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token");
    let token = Some("container".to_owned());
    world.aws().keys.insert("AKIAJOB".to_owned(), token);
    assert_eq!(world.signer(), "AKIAJOB");
    assert_eq!(endpoint.seen(), ["GET /v1/credentials 200"]);
}

#[test]
fn the_endpoint_of_a_machine() {
    let mut world = World::of_nobody();
    let endpoint = |request: &Request| {
        let role = "/latest/meta-data/iam/security-credentials/";
        match (request.method.as_str(), request.path.strip_prefix(role)) {
            ("PUT", None) => Answer::new(200)
                .header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
                .text("imds-token"),
            ("GET", Some(rest))
                if request.header("x-aws-ec2-metadata-token") == Some("imds-token") =>
            {
                match rest {
                    "" => Answer::new(200).text("ci"),
                    _ => Answer::new(200).json(&json!({
                        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "AKIAJOB",
                        "SecretAccessKey": "secret", "Token": "machine",
                        "LastUpdated": "2024-01-01T00:00:00Z", "Expiration": "2099-01-01T00:00:00Z",
                    })),
                }
            }
            _ => Answer::new(404),
        }
    };
    let endpoint = Local::start(&shared(endpoint));
    world.set("AWS_EC2_METADATA_DISABLED", "false");
    world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint.url());
    world
        .aws()
        .keys
        .insert("AKIAJOB".to_owned(), Some("machine".to_owned()));
    assert_eq!(world.signer(), "AKIAJOB");
}

/// Signed requests are answered with passwords, which everybody on the way could read.
#[test]
fn an_endpoint_on_the_internet_without_tls() {
    let mut world = World::new();
    world.set("AWS_ENDPOINT_URL", "http://ecr.example.com");
    let (code, out, said) = world.run(&["login", "--oidc", "--retry-timeout", "0s", PRIVATE]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        said.contains(
            "http://ecr.example.com/ is not within this network, and no secret is sent there \
             without TLS"
        ),
        "{said}"
    );
    assert!(world.network.seen().is_empty());
}
