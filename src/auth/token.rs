//! The token service of a registry with the scheme Bearer (distribution's token
//! specification, and its OAuth2 form for identity tokens).

use std::sync::atomic::{AtomicBool, Ordering};

use url::Url;

use super::answer::message;
use super::challenge::Challenge;
use super::credential::Credential;
use super::error::Error;
use super::grant::Grant;
use super::refusal::refused;
use super::scope::Scopes;
use crate::http::{Answer, Budget, Client, Host, Request};
use crate::secret::Secret;

/// How token services know this program.
const CLIENT_ID: &str = "dockside";

/// How much of a realm is shown, in characters.
const MAX_SHOWN: usize = 200;

/// A token service, for one registry.
pub(super) struct Service {
    client: Client,
    /// The registry's name, for people.
    registry: String,
    realm: Url,
    service: Option<String>,
    /// Whether it turned out to know the GET form only.
    is_classic: AtomicBool,
}

/// What a token is asked for with.
pub(super) struct Question<'a> {
    /// Who asks; nobody in particular without it.
    pub credential: Option<&'a Credential>,
    /// Where the credential was found, or looked for, if it was not given.
    pub origin: Option<&'a str>,
    /// What for.
    pub scopes: &'a Scopes,
    /// Whether an identity token is asked for too.
    pub offline: bool,
}

impl Service {
    /// The service that a registry's challenge names. `client` is that of the registry.
    ///
    /// # Errors
    /// The challenge names no service that may be given credentials.
    pub(super) fn named_by(
        challenge: &Challenge,
        client: &Client,
        host: &Host,
        registry: &str,
    ) -> Result<Self, Error> {
        let realm = realm(client, host, challenge)?;
        // The same host has the same connection.
        let is_same = [host.https("/"), host.http("/")]
            .iter()
            .any(|root| root.origin() == realm.origin());
        Ok(Self {
            client: if is_same {
                client.clone()
            } else {
                client.toward(Host::of(&realm)?)
            },
            registry: registry.to_owned(),
            realm,
            service: challenge.parameter("service").map(str::to_owned),
            is_classic: AtomicBool::new(false),
        })
    }

    /// Whether a challenge names this same service.
    pub(super) fn is_named_by(&self, challenge: &Challenge) -> bool {
        let realm = challenge.parameter("realm").map(Url::parse);
        realm.is_some_and(|realm| realm.as_ref() == Ok(&self.realm))
            && challenge.parameter("service") == self.service.as_deref()
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// The service refuses the credentials, or does not answer.
    pub(super) async fn ask(
        &self,
        question: &Question<'_>,
        budget: &Budget,
    ) -> Result<Grant, Error> {
        if let Some(credential) = question.credential {
            credential.check()?;
        }
        let identity = question.credential.filter(|one| one.is_identity_token());
        if let Some(identity) = identity.filter(|_| !self.is_classic.load(Ordering::Relaxed)) {
            let request = self.oauth2(&identity.secret, question.scopes);
            let answer = self.send(&request, budget).await?;
            // Services that know the GET form only answer so (go-containerregistry, containerd).
            if !matches!(answer.status, 404 | 405) {
                return self.judge(&request, &answer, question);
            }
            self.is_classic.store(true, Ordering::Relaxed);
        }
        let request = self.classic(question);
        let answer = self.send(&request, budget).await?;
        self.judge(&request, &answer, question)
    }

    async fn send(&self, request: &Request, budget: &Budget) -> Result<Answer, Error> {
        let answer = self.client.send(request, budget).await;
        answer.map_err(|source| Error::Http {
            registry: self.registry.clone(),
            source,
        })
    }

    /// `GET` with Basic credentials; `offline_token` asks for an identity token.
    fn classic(&self, question: &Question<'_>) -> Request {
        let mut url = self.realm.clone();
        let mut query = url.query_pairs_mut();
        if let Some(service) = &self.service {
            query.append_pair("service", service);
        }
        for scope in question.scopes.iter() {
            query.append_pair("scope", &scope);
        }
        if let Some(credential) = question.credential {
            query.append_pair("account", &credential.username);
        }
        query.append_pair("client_id", CLIENT_ID);
        if question.offline {
            query.append_pair("offline_token", "true");
        }
        drop(query);
        match question.credential {
            Some(credential) => Request::get(url).with(credential.basic()),
            None => Request::get(url),
        }
    }

    /// `POST` of an identity token.
    fn oauth2(&self, token: &Secret, scopes: &Scopes) -> Request {
        let mut form = vec![
            ("grant_type", Secret::from("refresh_token")),
            ("refresh_token", token.clone()),
            ("client_id", Secret::from(CLIENT_ID)),
        ];
        let service = self.service.as_deref();
        form.extend(service.map(|service| ("service", Secret::from(service))));
        let scope = scopes.to_string();
        if !scope.is_empty() {
            form.push(("scope", Secret::new(scope)));
        }
        Request::post(self.realm.clone(), form)
    }

    /// What the answer of a token service means.
    fn judge(
        &self,
        request: &Request,
        answer: &Answer,
        question: &Question<'_>,
    ) -> Result<Grant, Error> {
        // OAuth2 has 400 for a token that is not (any longer) valid: RFC 6749, section 5.2.
        let is_identity = question
            .credential
            .is_some_and(Credential::is_identity_token);
        match (answer.status, question.credential) {
            (200, _) => Grant::read(answer).map_err(|reason| Error::Token {
                request: request.to_string(),
                reason,
            }),
            (401 | 403, None) => Err(Error::NotLoggedIn {
                registry: self.registry.clone(),
                origin: question.origin.unwrap_or_default().to_owned(),
                message: message(answer, None),
            }),
            (401 | 403, Some(credential)) => Err(refused(credential, question.origin, answer)),
            (400, Some(credential)) if is_identity => {
                Err(refused(credential, question.origin, answer))
            }
            (status, _) => Err(Error::Unexpected {
                request: request.to_string(),
                status,
                message: message(answer, question.credential),
            }),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::{Question, Service};
    use crate::auth::Credential;
    use crate::auth::challenge;
    use crate::auth::scope::Scopes;
    use crate::http::{Host, Http};

    fn credential() -> Credential {
        Credential {
            registry: "registry.example.com".into(),
            username: "robot$a+b c".into(),
            secret: "hunter2".into(),
            kind: "password".into(),
            scheme: None,
        }
    }

    fn service(realm: &str) -> Service {
        let host = Host::parse("registry.example.com").unwrap();
        let client = Http::default().client(host.clone());
        let header = format!("Bearer realm=\"{realm}\",service=\"registry\"");
        let challenges = challenge::parse([header.as_bytes()]);
        let named = Service::named_by(&challenges[0], &client, &host, "registry.example.com");
        let named = named.unwrap();
        assert!(named.is_named_by(&challenges[0]));
        named
    }

    #[test]
    fn the_query_is_dockers() {
        let service = service("https://auth.example.com/token?tenant=1");
        let ask = |credential: Option<&Credential>, scopes: &str, offline| {
            service.classic(&Question {
                credential,
                origin: None,
                scopes: &Scopes::parse(scopes),
                offline,
            })
        };
        let request = ask(Some(&credential()), "", true);
        assert_eq!(
            request.url.as_str(),
            "https://auth.example.com/token?tenant=1&service=registry&account=robot%24a%2Bb+c\
             &client_id=dockside&offline_token=true"
        );
        assert_eq!(request.to_string(), "GET https://auth.example.com/token");
        assert!(!format!("{request:?}").contains("hunter2"));

        let request = ask(None, "repository:b:pull,push repository:a:pull", false);
        assert_eq!(
            request.url.as_str(),
            "https://auth.example.com/token?tenant=1&service=registry\
             &scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull%2Cpush&client_id=dockside"
        );
        assert!(request.credentials.is_none());
    }

    #[test]
    fn an_identity_token_is_posted() {
        let service = service("https://auth.example.com/token");
        let posted = |scopes: &str| {
            let request = service.oauth2(&"hunter2".into(), &Scopes::parse(scopes));
            assert!(!format!("{request:?}").contains("hunter2"));
            let form = request.form.iter();
            let form = form.map(|(k, v)| format!("{k}={}", v.expose()));
            form.collect::<Vec<_>>().join("&")
        };
        let common =
            "grant_type=refresh_token&refresh_token=hunter2&client_id=dockside&service=registry";
        assert_eq!(posted(""), common);
        assert_eq!(
            posted("repository:b:pull repository:a:pull"),
            format!("{common}&scope=repository:a:pull repository:b:pull")
        );
    }
}
