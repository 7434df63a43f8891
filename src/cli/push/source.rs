//! What is pushed: a layout or archive, also by its path alone.

use std::path::Path;

use crate::cli::moving::Misuse;
use crate::error::Failure;
use crate::transfer::Place;

/// What says so of a directory (OCI image layout specification).
const LAYOUT_FILE: &str = "oci-layout";

/// Reads a source of a push.
pub(super) fn parse(text: &str) -> Result<Place, Failure> {
    let path = Path::new(text);
    let is_layout = path.join(LAYOUT_FILE).exists();
    if is_layout {
        return Ok(Place::Layout {
            directory: path.to_owned(),
            name: None,
        });
    }
    // What is in an archive decides what it is.
    if text == "-" || (path.exists() && !path.is_dir()) {
        return Ok(Place::LayoutArchive {
            file: path.to_owned(),
            name: None,
        });
    }
    if path.is_dir() {
        return Err(Misuse::new(
            format!("{text} is a directory without an OCI layout"),
            "a layout has a file `oci-layout`; buildah, skopeo, crane and docker buildx write \
             layouts and archives",
        )
        .into());
    }
    match text.parse() {
        Ok(
            place @ (Place::Layout { .. }
            | Place::LayoutArchive { .. }
            | Place::DockerArchive { .. }),
        ) => Ok(place),
        _ => Err(Misuse::new(
            format!("there is no file or directory {text}"),
            "push takes oci:DIR[:NAME], oci-archive:FILE, docker-archive:FILE or a path; from \
             registry to registry use dockside copy",
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::error::Exit;

    #[test]
    fn paths_are_looked_at() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        std::fs::create_dir(path("layout")).unwrap();
        std::fs::write(path("layout/oci-layout"), "{}").unwrap();
        std::fs::write(path("image.tar"), "").unwrap();
        let parsed = |name: &str| parse(&path(name)).map(|place| place.to_string());
        assert_eq!(parsed("layout").unwrap(), format!("oci:{}", path("layout")));
        let archive = format!("oci-archive:{}", path("image.tar"));
        assert_eq!(parsed("image.tar").unwrap(), archive);
        for (bad, message) in [
            (
                "",
                format!("{} is a directory without an OCI layout", path("")),
            ),
            (
                "nothing",
                format!("there is no file or directory {}", path("nothing")),
            ),
        ] {
            let failure = parsed(bad).unwrap_err();
            assert_eq!((failure.message(), failure.exit()), (message, Exit::Usage));
        }
        assert_eq!(parse("-").unwrap().to_string(), "oci-archive:-");
        assert_eq!(
            parse("docker-archive:x:app").unwrap().to_string(),
            "docker-archive:x:app"
        );
    }
}
