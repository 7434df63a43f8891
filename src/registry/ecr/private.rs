//! The calls of ECR.

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::{DescribeImagesFilter, ImageDetail, ImageIdentifier, ImageStatusFilter};
use url::Url;

use super::calls::{Answer, Calls, Deleted, Detail, Id, ItemFailure, NotDone, PAGE, Page};
use crate::auth::aws::{Failure, Session};
use crate::registry::brand::{Created, Listed};

/// A repository of an account in a region.
pub(super) struct Private {
    pub(super) session: Session,
    /// Where the API is, if the user knows better than the SDK.
    pub(super) api: Option<Url>,
    /// The account, if the registry's host has it; else that of whoever asks.
    pub(super) account: Option<String>,
    /// The repository.
    pub(super) name: String,
}

impl Private {
    async fn client(&self) -> Result<Client, NotDone> {
        let config = self.session.config().await?;
        let mut config = aws_sdk_ecr::config::Builder::from(&config);
        if let Some(api) = &self.api {
            config = config.endpoint_url(api.as_str());
        }
        Ok(Client::from_conf(config.build()))
    }
}

impl Calls for Private {
    fn page(&self, marker: Option<String>) -> Answer<'_, Page> {
        Box::pin(async move {
            // Unless asked for, images in the archive are left out.
            let all = DescribeImagesFilter::builder().image_status(ImageStatusFilter::Any);
            let ask = self.client().await?.describe_images();
            let answer = ask
                .set_registry_id(self.account.clone())
                .repository_name(&self.name)
                .filter(all.build())
                .max_results(PAGE)
                .set_next_token(marker)
                .send()
                .await
                .map_err(|error| NotDone::Call("ecr:DescribeImages", Failure::of(error)))?;
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
                .set_registry_id(self.account.clone())
                .repository_name(&self.name)
                .image_ids(identifier(id))
                .send()
                .await
                .map_err(|error| NotDone::Call("ecr:DescribeImages", Failure::of(error)))?;
            let mut images = answer.image_details.unwrap_or_default().into_iter();
            images.next().map(listed).transpose()
        })
    }

    fn delete(&self, images: Vec<Id>) -> Answer<'_, Deleted> {
        Box::pin(async move {
            let ids = images.into_iter().map(identifier);
            let ask = self.client().await?.batch_delete_image();
            let answer = ask
                .set_registry_id(self.account.clone())
                .repository_name(&self.name)
                .set_image_ids(Some(ids.collect()))
                .send()
                .await
                .map_err(|error| NotDone::Call("ecr:BatchDeleteImage", Failure::of(error)))?;
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
            let ask = self.client().await?.create_repository();
            let ask = ask.set_registry_id(self.account.clone());
            match ask.repository_name(&self.name).send().await {
                Ok(_) => Ok(Created::Made),
                Err(error) => Err(NotDone::Call("ecr:CreateRepository", Failure::of(error))),
            }
        })
    }

    fn remove(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let ask = self.client().await?.delete_repository().force(true);
            let ask = ask.set_registry_id(self.account.clone());
            match ask.repository_name(&self.name).send().await {
                Ok(_) => Ok(()),
                Err(error) => Err(NotDone::Call("ecr:DeleteRepository", Failure::of(error))),
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
        pulled: image.last_recorded_pull_time,
    };
    detail.listed()
}
