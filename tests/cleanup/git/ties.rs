//! What ties images to git.

use dockside::cleanup::git::{ChangeRequest, Error, GitRule, Limit, Others, Settings};
use dockside::cleanup::{Content, Fact, Graph, Id, Rule as _};
use dockside::error::{Exit, Explain as _};

use super::repository::{Images, NOW, Place, Repo, branches, last, rule, tags};

/// An origin with the branches `main` and `Fix/Thing_1` and the tag `v1.2.0`, on a branch that is
/// none of these.
fn origin() -> (Place, Repo) {
    let (place, origin) = Place::new();
    origin.commit("1", 30);
    origin.git(&["tag", "v1.2.0"]);
    origin.git(&["branch", "Fix/Thing_1"]);
    origin.git(&["checkout", "-q", "--orphan", "elsewhere"]);
    origin.commit("2", 20);
    (place, origin)
}

fn named(tags: &[&str]) -> Images {
    let mut images = Images::new();
    for tag in tags {
        images.add(&[tag], None);
    }
    images
}

#[test]
fn names_of_references() {
    let (_place, origin) = origin();
    let images = named(&[
        "1.2.0",
        "Fix-Thing_1",
        "fix-thing-1",
        "gone",
        "latest",
        "main",
        "main-x",
        "v1.2.0",
        "v9",
    ]);
    let all = Limit::default();
    let policies = || vec![branches(".*", all, last(1)), tags(".*", all, last(1))];
    let kept = |templates: &[&str], policies| {
        images.kept(&rule(origin.open().unwrap(), templates, policies, &[]))
    };
    assert_eq!(
        kept(&["{branch-slug}", "{tag}"], policies()),
        [
            "1.2.0",
            "Fix-Thing_1",
            "fix-thing-1",
            "latest",
            "main",
            "v1.2.0"
        ]
    );
    // Without a template for tags, they look like branches that are gone.
    assert_eq!(
        kept(&["{branch}"], policies()),
        ["Fix-Thing_1", "fix-thing-1", "latest", "main"]
    );
    // What no template reads is not git's business.
    assert_eq!(
        kept(&["{branch}-x"], policies()),
        [
            "1.2.0",
            "Fix-Thing_1",
            "fix-thing-1",
            "gone",
            "latest",
            "main",
            "main-x",
            "v1.2.0",
            "v9"
        ]
    );
    // References that no policy selects do not live.
    assert_eq!(
        kept(
            &["{branch-slug}", "{tag}"],
            vec![branches("main", all, all)]
        ),
        ["latest", "main"]
    );
}

#[test]
fn commits_in_tags() {
    let (_place, origin) = Place::new();
    let old = origin.commit("1", 30);
    let new = origin.commit("2", 20);
    origin.git(&["checkout", "-q", "--orphan", "elsewhere"]);
    origin.commit("3", 10);
    let short = |commit: &str| commit[..8].to_owned();
    let tags = [
        format!("gone-{}", short(&new)),
        format!("main-{}", short(&old)),
        "main-01234567".to_owned(),
        format!("sha-{}", &new[..7]),
    ];
    let images = named(&tags.each_ref().map(String::as_str));
    let templates = ["{branch-slug}-{sha:8}", "sha-{sha:7}"];
    let policy = |limit| vec![branches("main", Limit::default(), limit)];
    let kept = |limit| {
        images.kept(&rule(
            origin.open().unwrap(),
            &templates,
            policy(limit),
            &[],
        ))
    };
    assert_eq!(kept(last(1)), [tags[0].as_str(), tags[3].as_str()]);
    let mut all = [&tags[0], &tags[1], &tags[3]].map(String::as_str);
    all.sort_unstable();
    assert_eq!(kept(last(2)), all);
}

#[test]
fn reasons() {
    let (_place, origin) = Place::new();
    let commit = origin.commit("1", 30);
    origin.git(&["tag", "v1"]);
    origin.git(&["checkout", "-q", "--orphan", "elsewhere"]);
    origin.commit("2", 20);
    let mut images = named(&["main", "pr-7", "pr-8", "other_1"]);
    images.add(&["a", "b"], Some(&commit));
    let templates = ["{branch-slug}", "pr-{number}"];
    let all = Limit::default();
    let policies = vec![branches("main", all, all)];
    let rule = rule(origin.open().unwrap(), &templates, policies, &[7]);
    let reasons = images.reasons(&rule);
    let short = &commit[..10];
    let commit = format!("branch main, commit {short}");
    let expected = [
        ("a", commit.as_str()),
        ("b", &commit),
        ("main", "branch main"),
        ("pr-7", "change request 7"),
    ];
    let expected = expected.map(|(tag, why)| (tag.to_owned(), why.to_owned()));
    assert_eq!(reasons, expected);
}

#[test]
fn what_nothing_ties_to_git() {
    let (_place, origin) = origin();
    let mut images = named(&["tool"]);
    images.add(&["dirty"], Some("0123456-dirty"));
    images.add(&["gone"], Some("0123456789"));
    let with = |others| {
        let settings = Settings {
            others,
            ..Settings::default()
        };
        GitRule::new(&settings, origin.open().unwrap(), None).unwrap()
    };
    let why = |tag: &str| (tag.to_owned(), "nothing ties it to git".to_owned());
    assert_eq!(
        images.reasons(&with(Others::Keep)),
        [why("dirty"), why("tool")]
    );
    assert_eq!(images.kept(&with(Others::Drop)), [""; 0]);
}

/// A label that came with the image below names a commit of another repository.
#[test]
fn labels_of_another_repository_tie_nothing() {
    let (place, _) = origin();
    let clone = place.clone("clone", &[]);
    let mut images = Images::new();
    let id = images.add(&["app"], Some("0123456789"));
    let source = "org.opencontainers.image.source";
    let node = images.graph.node_mut(id);
    node.labels
        .insert(source.into(), "https://github.com/nginx/nginx".into());
    let history = clone.open().unwrap();
    assert_eq!(images.kept(&rule(history, &[], vec![], &[])), [""; 0]);
    clone.git(&["config", "remote.up.url", "x"]);
    let real = "https://example.com/group/app.git";
    clone.git(&["config", "remote.origin.url", real]);
    let history = clone.offline().unwrap();
    assert_eq!(images.kept(&rule(history, &[], vec![], &[])), ["app"]);
}

fn wanted(graph: &Graph, rule: &GitRule) -> Vec<(Id, Fact)> {
    let mut claims = dockside::cleanup::Claims::default();
    let now = jiff::Timestamp::from_second(NOW).unwrap();
    rule.judge(graph, now, &mut claims);
    claims.wanted().to_vec()
}

/// A config is read only where nothing else decides.
#[test]
fn facts_are_asked_for_where_tags_do_not_decide() {
    let (_place, origin) = Place::new();
    let commit = origin.commit("1", 30);
    let mut images = Images::new();
    let tags = [
        format!("sha-{commit}"),
        "main".into(),
        "gone".into(),
        "x.1".into(),
    ];
    let ids = tags.each_ref().map(|tag| images.add(&[tag], None));
    for id in ids {
        images.graph.node_mut(id).content = Content::Named;
    }
    let templates = ["sha-{sha}", "{branch}"];
    let rule = rule(origin.open().unwrap(), &templates, vec![], &[]);
    assert_eq!(
        wanted(&images.graph, &rule),
        [(ids[2], Fact::Manifest), (ids[3], Fact::Manifest)]
    );
    images.graph.node_mut(ids[2]).content = Content::Read;
    images.graph.node_mut(ids[3]).content = Content::Unreadable;
    assert_eq!(wanted(&images.graph, &rule), [(ids[2], Fact::Config)]);
    let unreadable = "it cannot be read of which commit it is";
    let reasons = images.reasons(&rule);
    assert!(
        reasons.contains(&("x.1".to_owned(), unreadable.to_owned())),
        "{reasons:?}"
    );
    // An annotation spares the config.
    let node = images.graph.node_mut(ids[2]);
    let key = "org.opencontainers.image.revision";
    node.labels.insert(key.into(), commit.as_str().into());
    assert_eq!(wanted(&images.graph, &rule), []);
    assert!(images.kept(&rule).contains(&"gone".to_owned()));
}

#[test]
fn change_requests() {
    let (_place, origin) = origin();
    let fork = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let mut images = named(&["mr-12", "mr-13", "mr-13-0123456", "mr-12-0123456", "mr-012"]);
    images.add(&["of-fork"], Some(fork));
    let settings = Settings {
        templates: vec!["mr-{number}".into(), "mr-{number}-{sha:7}".into()],
        ..Settings::default()
    };
    let requests = vec![ChangeRequest {
        number: 12,
        commits: [fork.to_owned()].into(),
        updated: None,
    }];
    let rule = GitRule::new(&settings, origin.open().unwrap(), Some(requests)).unwrap();
    assert_eq!(
        images.kept(&rule),
        ["mr-012", "mr-12", "mr-12-0123456", "of-fork"]
    );
    // Not to know them is not to have none.
    let error = GitRule::new(&settings, origin.open().unwrap(), None).unwrap_err();
    assert!(matches!(error, Error::NoForge { .. }), "{error}");
    assert_eq!(error.exit(), Exit::Refused);
}

#[test]
fn descriptions() {
    let (_place, origin) = Place::new();
    let commit = origin.commit("1", 30);
    let mut images = named(&["main", "gone", "pr-7", "sha-0123456"]);
    images.add(&["x.1"], Some(&commit));
    let templates = ["{branch-slug}", "pr-{number}", "sha-{sha:7}"];
    let rule = rule(origin.open().unwrap(), &templates[1..], vec![], &[7]);
    let names = images.graph.images().map(|(id, _)| id);
    let said: Vec<_> = names
        .map(|id| rule.describe(&images.graph, id).unwrap())
        .collect();
    let none = "it names no commit of this repository";
    let revision = format!("it names the commit {commit}");
    assert_eq!(
        said,
        [
            vec![none],
            vec![none],
            vec!["its tag names the change request 7, which is open", none],
            vec![
                "its tag names the commit 0123456, which the clone does not have",
                none
            ],
            vec![revision.as_str()],
        ]
    );
    let rule = super::repository::rule(origin.open().unwrap(), &templates[..1], vec![], &[]);
    let names: Vec<_> = images.graph.images().map(|(id, _)| id).take(2).collect();
    let said: Vec<_> = names
        .into_iter()
        .map(|id| rule.describe(&images.graph, id).unwrap())
        .collect();
    assert_eq!(
        said,
        [
            ["its tag names the branch main", none],
            ["its tag names the branch gone, which is gone", none],
        ]
    );
}
