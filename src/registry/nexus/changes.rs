//! What is changed at Nexus: components, and repositories.

use reqwest::Method;
use serde_json::json;

use super::Image;
use super::components::Component;
use super::server::Home;
use crate::oci::{Digest, Tag, Target};
use crate::registry::api::Ask;
use crate::registry::brand::Created;
use crate::registry::default::keep;
use crate::registry::error::Error;
use crate::registry::refusal::{Refusal, Why};

impl Image {
    /// The home of the image, if things can be removed there.
    pub(super) async fn hosted(&self) -> Result<&Home, Error> {
        let home = self.home().await?;
        if home.kind == "hosted" {
            return Ok(home);
        }
        Err(Error::Unsupported {
            subject: self.subject(),
            what: "remove anything: it is a group or a proxy of other repositories",
            instead: "name the hosted repository that has the image",
        })
    }

    /// Removes the component of a tag. Its manifest stays in Nexus for others.
    pub(super) async fn remove_tag(&self, tag: &Tag) -> Result<bool, Error> {
        let remote = self.base.remote();
        let target = Target::Tag(tag.clone());
        let Some(original) = remote.manifest(&target).await? else {
            return Ok(false);
        };
        self.hosted().await?;
        let component = self.needed_component(tag).await?;
        if component.digest().as_ref() != Some(original.digest()) {
            return Err(Error::Moved {
                subject: remote.repository().tagged(tag.clone()).to_string(),
            });
        }
        self.remove_component(&component).await?;
        keep(remote, &original).await?;
        Ok(true)
    }

    /// Removes the components of all tags that name a manifest, then the manifest: since about
    /// 3.89 its tags would stay, and name nothing.
    pub(super) async fn remove_manifest(&self, digest: &Digest) -> Result<bool, Error> {
        self.hosted().await?;
        let remote = self.base.remote();
        let mut removed = false;
        for tag in self.tags_of(digest).await? {
            let head = remote.head(&Target::Tag(tag.clone())).await?;
            if head.is_none_or(|head| head.digest != *digest) {
                continue;
            }
            let component = self.needed_component(&tag).await?;
            // What was pushed anew meanwhile stays.
            if component.digest().as_ref() == Some(digest) {
                self.remove_component(&component).await?;
                removed = true;
            }
        }
        Ok(self.base.delete(digest).await? || removed)
    }

    async fn needed_component(&self, tag: &Tag) -> Result<Component, Error> {
        let subject = self.base.remote().repository().tagged(tag.clone());
        let component = self.component(tag).await?;
        component.ok_or_else(|| {
            Error::Refused(Refusal {
                subject: subject.to_string(),
                service: "Nexus".to_owned(),
                status: 404,
                why: Why::NotFound,
                said: Some("no component has this name and version".to_owned()),
                advice: Some(
                    "the registry has the tag: is --repo-api that of its repository, and may it \
                     be browsed?"
                        .to_owned(),
                ),
            })
        })
    }

    async fn remove_component(&self, component: &Component) -> Result<(), Error> {
        let (server, home) = (self.needed_server().await?, self.home().await?);
        let subject = match component.tag() {
            Some(tag) => self.base.remote().repository().tagged(tag).to_string(),
            None => self.subject(),
        };
        let url = server.api.url(&["components", &component.id]);
        let ask = Ask::new(Method::DELETE, url, subject);
        let answer = server.api.send(&ask).await?;
        match answer.status {
            // 404: in a try whose answer was lost, or by others.
            200..=204 | 404 => Ok(()),
            _ => Err(self.refused(&answer, &home.repository, "delete")),
        }
    }

    /// Makes the repository of Nexus, if it is one that the path names: for others a connector
    /// has to be chosen.
    pub(super) async fn create_repository(&self) -> Result<Created, Error> {
        let server = self.needed_server().await?;
        let name = match self.named(server) {
            Some((name, is_in_path)) => {
                if self.has(server, name).await? {
                    return Ok(Created::Existed);
                }
                is_in_path.then_some(name)
            }
            None => {
                self.home().await?;
                return Ok(Created::Existed);
            }
        };
        let Some(name) = name else {
            return Err(Error::Unsupported {
                subject: self.subject(),
                what: "make a repository behind a connector",
                instead: "make it in Nexus, with the port or subdomain that this address has",
            });
        };
        let body = json!({
            "name": name,
            "online": true,
            "storage": {
                "blobStoreName": "default",
                "strictContentTypeValidation": true,
                "writePolicy": "ALLOW",
            },
            "docker": {"v1Enabled": false, "forceBasicAuth": true, "pathEnabled": true},
        });
        let url = server.api.url(&["repositories", "docker", "hosted"]);
        let ask = Ask::new(Method::POST, url, self.subject()).json(&body);
        let answer = server.api.send(&ask).await?;
        match answer.status {
            200..=204 => Ok(Created::Made),
            403 => Err(answer.refused(Some(Why::NotAllowed {
                needs: Some("the privilege nx-repository-admin-docker-*-add".to_owned()),
            }))),
            _ => Err(answer.refused(None)),
        }
    }

    /// Removes all components of the image: what is left of it is for Nexus's own tasks.
    pub(super) async fn remove_all(&self) -> Result<bool, Error> {
        let home = self.hosted().await?;
        let mut found = Vec::new();
        let mut all = self.scan(self.needed_server().await?, home);
        while let Some(page) = all.page().await? {
            found.extend(page.into_iter().filter(|one| one.is_of(home)));
        }
        for component in &found {
            self.remove_component(component).await?;
        }
        Ok(!found.is_empty())
    }
}
