//! As much of the objects of Kubernetes as has images in it (kubernetes.io, "Kubernetes API",
//! workload resources).

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A page of a list.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) metadata: PageMetadata,
    #[serde(deserialize_with = "nullable")]
    pub(super) items: Vec<Object>,
}

/// Where the list goes on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PageMetadata {
    #[serde(default, rename = "continue", deserialize_with = "nullable")]
    pub(super) next: String,
}

/// An object of any kind: each has some of these.
#[derive(Debug, Deserialize)]
pub(super) struct Object {
    pub(super) metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    spec: Spec,
    #[serde(default, deserialize_with = "nullable")]
    status: Status,
    /// A controller revision's: what it is, depends on its owner.
    data: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) namespace: String,
}

/// Of a pod, of what has a template of pods, or of what has a template of jobs.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default, deserialize_with = "nullable")]
    containers: Vec<Container>,
    #[serde(default, deserialize_with = "nullable")]
    init_containers: Vec<Container>,
    #[serde(default, deserialize_with = "nullable")]
    ephemeral_containers: Vec<Container>,
    #[serde(default, deserialize_with = "nullable")]
    volumes: Vec<Volume>,
    template: Option<Box<Template>>,
    job_template: Option<Box<Template>>,
}

#[derive(Debug, Default, Deserialize)]
struct Template {
    #[serde(default, deserialize_with = "nullable")]
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    /// Of the status of a container: what the node has pulled.
    #[serde(default, rename = "imageID", deserialize_with = "nullable")]
    image_id: String,
}

/// A volume; since Kubernetes 1.31 it may be an image.
#[derive(Debug, Default, Deserialize)]
struct Volume {
    #[serde(default, deserialize_with = "nullable")]
    image: ImageVolume,
}

#[derive(Debug, Default, Deserialize)]
struct ImageVolume {
    #[serde(default, deserialize_with = "nullable")]
    reference: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default, deserialize_with = "nullable")]
    container_statuses: Vec<Container>,
    #[serde(default, deserialize_with = "nullable")]
    init_container_statuses: Vec<Container>,
    #[serde(default, deserialize_with = "nullable")]
    ephemeral_container_statuses: Vec<Container>,
}

impl Object {
    /// The images that it names, each once.
    ///
    /// # Errors
    /// It is a controller revision whose template of pods is none. What is no template at all
    /// belongs to a kind of controller that is not known here.
    pub(super) fn images(&self) -> serde_json::Result<BTreeSet<String>> {
        let mut images = BTreeSet::new();
        self.spec.add(&mut images);
        let statuses = [
            &self.status.container_statuses,
            &self.status.init_container_statuses,
            &self.status.ephemeral_container_statuses,
        ];
        statuses.into_iter().for_each(|all| add(all, &mut images));
        if let Some(data) = self.data.as_ref().map(|data| data.get())
            && data.starts_with('{')
        {
            let revision: Template = serde_json::from_str(data)?;
            revision.spec.add(&mut images);
        }
        images.remove("");
        Ok(images)
    }
}

impl Spec {
    fn add(&self, images: &mut BTreeSet<String>) {
        add(&self.containers, images);
        add(&self.init_containers, images);
        add(&self.ephemeral_containers, images);
        let volumes = self.volumes.iter();
        images.extend(volumes.map(|volume| volume.image.reference.clone()));
        for template in self.template.iter().chain(&self.job_template) {
            template.spec.add(images);
        }
    }
}

fn add(containers: &[Container], images: &mut BTreeSet<String>) {
    for container in containers {
        images.insert(container.image.clone());
        images.insert(container.image_id.clone());
    }
}

/// Go writes `null` for what is empty.
fn nullable<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
