//! Digests in files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use super::run;
use crate::support::registry::{PROGRAM, Registry};
use crate::support::repository::Repository;
use crate::support::{dockside, installed};

#[test]
fn nothing_but_the_names_changes() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let host = registry.host();
    let app = Repository { host, name: "app" };
    let digest = app.image(Some("v1"), "one").digest;
    let home = tempfile::tempdir().unwrap();
    let before = format!(
        "# ü\r\nimage:   \"{host}/app:v1\" # why\r\n---\r\nx: {{image: '{host}/app:v1'}}\r\n\
         y: {{image: '{{{{ .Image }}}}'}}\r\nz: {{image: {{repository: a, tag: b}}}}\r\n\
         pinned:\r\n  image: {host}/app@{digest}\r\n"
    );
    let after = before.replace(&format!("{host}/app:v1"), &format!("{host}/app@{digest}"));
    let file = home.path().join("a.yaml");
    fs::write(&file, &before).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let notes = |name: &str| {
        format!(
            "dockside: note: {name}:6: this image stays as it is: its repository and tag are \
             apart\ndockside: note: {name}:5: `{{{{ .Image }}}}` stays as it is: a template or a \
             variable makes it\n"
        )
    };
    registry.new_requests(0);
    let found = run(home.path(), &["resolve", "-f", "a.yaml"]);
    assert_eq!(found, (0, after.clone(), notes("a.yaml")));
    assert_eq!(registry.new_requests(1), ["HEAD /v2/app/manifests/v1 200"]);
    let mut piped = dockside(home.path());
    piped.args(["resolve", "-f", "-"]);
    let output = piped
        .stdin(Stdio::from(fs::File::open(&file).unwrap()))
        .output();
    assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), after);

    let (code, out, said) = run(home.path(), &["resolve", "--check", "-f", "a.yaml"]);
    let expected =
        format!("a.yaml:2: {host}/app:v1\na.yaml:4: {host}/app:v1\na.yaml:5: {{{{ .Image }}}}\n");
    assert_eq!((code, out), (1, expected));
    assert!(
        said.contains("error: 3 images are not pinned to a digest\n"),
        "{said}"
    );
    std::os::unix::fs::symlink("a.yaml", home.path().join("link")).unwrap();
    let (code, out, said) = run(home.path(), &["resolve", "--in-place", "-f", "link"]);
    let expected = format!("{}dockside: link: 2 images pinned\n", notes("link"));
    assert_eq!((code, out.as_str(), said), (0, "", expected));
    assert_eq!(fs::read_to_string(&file).unwrap(), after);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert!(home.path().join("link").is_symlink());
}

#[test]
fn what_cannot_be_done() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(home.path().join(name), text).unwrap();
    write("template", b"{{- if .Values.x }}\nimage: a\n{{- end }}\n");
    write("name", b"a: 1\nimage: \x22r.io/A:1\x22\n");
    write("bytes", b"image: \xff\n");
    write("ok", b"image: r.io/a@sha256:12\n");
    let cases: [(&[&str], i32, &str); 7] = [
        (
            &["-f", "template"],
            1,
            "template is no YAML: line 1, column ",
        ),
        (&["-f", "name"], 1, "name:2: `r.io/A` is not a reference: "),
        (&["-f", "bytes"], 1, "cannot read bytes: "),
        (&["-f", "nothing"], 1, "cannot read nothing: "),
        (
            &["-f", "ok", "name"],
            2,
            "several files cannot be printed as one\n",
        ),
        (
            &["-f", "-", "--in-place"],
            2,
            "standard input cannot be written in place\n",
        ),
        (
            &["-f", "ok"],
            1,
            "ok:1: `r.io/a@sha256:12` is not a reference: ",
        ),
    ];
    for (words, code, expected) in cases {
        let (found, out, said) = run(home.path(), &[&["resolve"], words].concat());
        assert_eq!((found, out.as_str()), (code, ""), "{said}");
        let expected = format!("dockside: error: {expected}");
        assert!(said.starts_with(&expected), "{said}");
    }
    let (_, _, said) = run(home.path(), &["resolve", "-f", "template"]);
    assert!(said.contains("hint: render the template first"), "{said}");
}
