//! The calls of ECR Public.

use aws_sdk_ecrpublic::Client;
use aws_sdk_ecrpublic::types::{ImageDetail, ImageIdentifier, Registry, RegistryAliasStatus};
use tokio::sync::OnceCell;
use url::Url;

use super::calls::{Answer, Calls, Deleted, Detail, Id, ItemFailure, NotDone, PAGE, Page};
use crate::auth::aws::{Failure, SERVICE, Session};
use crate::registry::brand::{Created, Listed};
use crate::registry::error::Error;
use crate::registry::refusal::{Refusal, Why};

/// A repository of ECR Public.
pub(super) struct Public {
    pub(super) session: Session,
    /// Where the API is, if the user knows better than the SDK.
    pub(super) api: Option<Url>,
    /// The first part of the repository's path, which stands for an account.
    pub(super) alias: String,
    /// The other parts, which are the repository's name for the API.
    pub(super) name: String,
    /// The account that the alias stands for, if it is that of whoever asks.
    pub(super) account: OnceCell<Option<String>>,
}

impl Public {
    async fn client(&self) -> Result<Client, NotDone> {
        let config = self.session.config().await?;
        let mut config = aws_sdk_ecrpublic::config::Builder::from(&config);
        if let Some(api) = &self.api {
            config = config.endpoint_url(api.as_str());
        }
        Ok(Client::from_conf(config.build()))
    }

    /// The account of the alias. The API takes names without it, so that the alias of somebody
    /// else would be taken for a repository of one's own.
    async fn account(&self) -> Result<&str, NotDone> {
        let account = self.account.get_or_try_init(|| self.ask_account()).await?;
        account.as_deref().ok_or_else(|| {
            let alias = &self.alias;
            NotDone::Error(Error::Refused(Refusal {
                subject: format!("the registry alias {alias}"),
                service: SERVICE.to_owned(),
                status: 0,
                why: Why::NotAllowed {
                    needs: Some(format!(
                        "an identity of the account that {alias} belongs to"
                    )),
                },
                said: None,
                advice: None,
            }))
        })
    }

    async fn ask_account(&self) -> Result<Option<String>, NotDone> {
        let ask = self.client().await?.describe_registries();
        let answer = ask
            .send()
            .await
            .map_err(|error| NotDone::Call("ecr-public:DescribeRegistries", Failure::of(error)))?;
        let has_alias = |registry: &Registry| {
            registry.aliases.iter().any(|alias| {
                alias.name == self.alias && alias.status == RegistryAliasStatus::Active
            })
        };
        let own = answer.registries.into_iter().find(has_alias);
        Ok(own.map(|registry| registry.registry_id))
    }
}

impl Calls for Public {
    fn is_own(&self) -> Answer<'_, bool> {
        Box::pin(async move {
            match self.account.get_or_try_init(|| self.ask_account()).await {
                Ok(account) => Ok(account.is_some()),
                // Whoever only reads what others publish need not have this right.
                Err(error) if error.is("AccessDeniedException") => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    fn page(&self, marker: Option<String>) -> Answer<'_, Page> {
        Box::pin(async move {
            let ask = self.client().await?.describe_images();
            let answer = ask
                .registry_id(self.account().await?)
                .repository_name(&self.name)
                .max_results(PAGE)
                .set_next_token(marker)
                .send()
                .await
                .map_err(|error| NotDone::Call("ecr-public:DescribeImages", Failure::of(error)))?;
            let images = answer.image_details.unwrap_or_default().into_iter();
            Ok(Page {
                images: images.map(listed).collect::<Result<_, _>>()?,
                next: answer.next_token,
            })
        })
    }

    fn image(&self, id: Id) -> Answer<'_, Option<Listed>> {
        Box::pin(async move {
            let ask = self.client().await?.describe_images();
            let answer = ask
                .registry_id(self.account().await?)
                .repository_name(&self.name)
                .image_ids(identifier(id))
                .send()
                .await
                .map_err(|error| NotDone::Call("ecr-public:DescribeImages", Failure::of(error)))?;
            let mut images = answer.image_details.unwrap_or_default().into_iter();
            images.next().map(listed).transpose()
        })
    }

    fn delete(&self, images: Vec<Id>) -> Answer<'_, Deleted> {
        Box::pin(async move {
            let ids = images.into_iter().map(identifier);
            let ask = self.client().await?.batch_delete_image();
            let answer = ask
                .registry_id(self.account().await?)
                .repository_name(&self.name)
                .set_image_ids(Some(ids.collect()))
                .send()
                .await
                .map_err(|error| {
                    NotDone::Call("ecr-public:BatchDeleteImage", Failure::of(error))
                })?;
            let done = answer.image_ids.unwrap_or_default().into_iter();
            let failures = answer.failures.unwrap_or_default().into_iter();
            Ok(Deleted {
                done: done.filter_map(|id| id.image_digest).collect(),
                failures: failures
                    .map(|failure| ItemFailure {
                        digest: failure.image_id.and_then(|id| id.image_digest),
                        code: failure
                            .failure_code
                            .map(|code| code.as_str().to_owned())
                            .unwrap_or_default(),
                        reason: failure.failure_reason,
                    })
                    .collect(),
            })
        })
    }

    fn create(&self) -> Answer<'_, Created> {
        Box::pin(async move {
            self.account().await?;
            let ask = self.client().await?.create_repository();
            match ask.repository_name(&self.name).send().await {
                Ok(_) => Ok(Created::Made),
                Err(error) => Err(NotDone::Call(
                    "ecr-public:CreateRepository",
                    Failure::of(error),
                )),
            }
        })
    }

    fn remove(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let ask = self.client().await?.delete_repository().force(true);
            let ask = ask.registry_id(self.account().await?);
            match ask.repository_name(&self.name).send().await {
                Ok(_) => Ok(()),
                Err(error) => Err(NotDone::Call(
                    "ecr-public:DeleteRepository",
                    Failure::of(error),
                )),
            }
        })
    }
}

fn identifier(id: Id) -> ImageIdentifier {
    ImageIdentifier::builder()
        .set_image_digest(id.digest.map(|digest| digest.to_string()))
        .set_image_tag(id.tag.map(|tag| tag.to_string()))
        .build()
}

fn listed(image: ImageDetail) -> Result<Listed, NotDone> {
    let detail = Detail {
        digest: image.image_digest,
        tags: image.image_tags,
        media_type: image.image_manifest_media_type,
        artifact_type: image.artifact_media_type,
        size: image.image_size_in_bytes,
        pushed: image.image_pushed_at,
        pulled: None,
    };
    detail.listed()
}
