//! The token service of a registry with the scheme Bearer (distribution's token
//! specification, and its OAuth2 form for identity tokens).

use serde::Deserialize;
use url::Url;

use super::answer::message;
use super::challenge::Challenge;
use super::credential::Credential;
use super::error::Error;
use super::refusal::refused;
use crate::http::{Answer, Basic, Budget, Client, Host, Request};
use crate::secret::Secret;

/// How token services know this program.
const CLIENT_ID: &str = "dockside";

/// A token service's yes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Grant {
    token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
}

/// Asks the token service that `challenge` names for a token, as `docker login` does: with no
/// scope. Gives the identity token that the service offers in place of the password.
///
/// # Errors
/// A service that must not be given credentials, that refuses them, or that does not answer.
pub(super) async fn grant(
    client: &Client,
    registry: &Host,
    credential: &Credential,
    challenge: &Challenge,
    budget: &Budget,
) -> Result<Option<Secret>, Error> {
    let realm = realm(client, registry, challenge)?;
    let host = Host::of(&realm)?;
    let elsewhere;
    // The same host has the same connection.
    let client = if registry.https("/").origin() == realm.origin()
        || registry.http("/").origin() == realm.origin()
    {
        client
    } else {
        elsewhere = client.toward(host);
        &elsewhere
    };
    let service = challenge.parameter("service");
    let ask = async |request: Request| {
        let answer = client.send(&request, budget).await;
        let answer = answer.map_err(|source| Error::Http {
            registry: credential.registry.clone(),
            source,
        })?;
        Ok::<_, Error>((request.to_string(), answer))
    };
    if credential.is_identity_token() {
        let (request, answer) = ask(oauth2(&realm, service, &credential.secret)).await?;
        // Services that know the GET form only answer so (go-containerregistry, containerd).
        if !matches!(answer.status, 404 | 405) {
            return judge(&request, &answer, credential);
        }
    }
    let (request, answer) = ask(classic(&realm, service, credential)).await?;
    judge(&request, &answer, credential)
}

/// The token service's address, if credentials may be sent there.
fn realm(client: &Client, registry: &Host, challenge: &Challenge) -> Result<Url, Error> {
    let written = challenge.parameter("realm").unwrap_or_default();
    let refuse = |reason| Error::Realm {
        registry: registry.to_string(),
        realm: written.chars().take(MAX_SHOWN).collect(),
        reason,
    };
    let url = Url::parse(written).map_err(|_| refuse("which is not an address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("which names a user"));
    }
    if !client.permits(&url) {
        return Err(refuse("where the credentials would travel in clear text"));
    }
    Ok(url)
}

/// How much of a realm is shown, in characters.
const MAX_SHOWN: usize = 200;

/// `GET` with Basic credentials; `offline_token` asks for an identity token.
fn classic(realm: &Url, service: Option<&str>, credential: &Credential) -> Request {
    let mut url = realm.clone();
    let mut query = url.query_pairs_mut();
    if let Some(service) = service {
        query.append_pair("service", service);
    }
    query.append_pair("account", &credential.username);
    query.append_pair("client_id", CLIENT_ID);
    query.append_pair("offline_token", "true");
    drop(query);
    Request::get(url).with(Basic {
        username: credential.username.clone(),
        password: credential.secret.clone(),
    })
}

/// `POST` of an identity token.
fn oauth2(realm: &Url, service: Option<&str>, token: &Secret) -> Request {
    let mut form = vec![
        ("grant_type", Secret::from("refresh_token")),
        ("refresh_token", token.clone()),
        ("client_id", Secret::from(CLIENT_ID)),
    ];
    form.extend(service.map(|service| ("service", Secret::from(service))));
    Request::post(realm.clone(), form)
}

/// What the answer of a token service means.
fn judge(request: &str, answer: &Answer, credential: &Credential) -> Result<Option<Secret>, Error> {
    let wrong = |reason| {
        Err(Error::Token {
            request: request.to_owned(),
            reason,
        })
    };
    match answer.status {
        200 if !answer.whole => wrong("the answer is too long for a token"),
        200 => {
            let grant: Grant = serde_json::from_slice(&answer.body).unwrap_or_default();
            let present = |token: Option<String>| token.filter(|token| !token.is_empty());
            if present(grant.token)
                .or(present(grant.access_token))
                .is_none()
            {
                return wrong("the answer holds no token");
            }
            Ok(present(grant.refresh_token).map(Secret::new))
        }
        // OAuth2 has 400 for a token that is not (any longer) valid: RFC 6749, section 5.2.
        400 if credential.is_identity_token() => Err(refused(credential, answer)),
        401 | 403 => Err(refused(credential, answer)),
        status => Err(Error::Unexpected {
            request: request.to_owned(),
            status,
            message: message(answer, credential),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{classic, oauth2};
    use crate::auth::Credential;

    fn credential() -> Credential {
        Credential {
            registry: "registry.example.com".into(),
            username: "robot$a+b c".into(),
            secret: "hunter2".into(),
            kind: "password".into(),
            scheme: None,
        }
    }

    #[test]
    fn the_query_is_dockers() {
        let realm = "https://auth.example.com/token?tenant=1".parse().unwrap();
        let request = classic(&realm, Some("registry"), &credential());
        assert_eq!(
            request.url.as_str(),
            "https://auth.example.com/token?tenant=1&service=registry&account=robot%24a%2Bb+c\
             &client_id=dockside&offline_token=true"
        );
        assert_eq!(request.to_string(), "GET https://auth.example.com/token");
        assert!(!format!("{request:?}").contains("hunter2"));
    }

    #[test]
    fn an_identity_token_is_posted() {
        let realm = "https://auth.example.com/token".parse().unwrap();
        let request = oauth2(&realm, Some("registry"), &"hunter2".into());
        let form = request
            .form
            .iter()
            .map(|(k, v)| format!("{k}={}", v.expose()));
        assert_eq!(
            form.collect::<Vec<_>>().join("&"),
            "grant_type=refresh_token&refresh_token=hunter2&client_id=dockside&service=registry"
        );
        assert!(!format!("{request:?}").contains("hunter2"));
    }
}
