//! Garbage collection at Harbor.

use serde_json::json;

use super::{ADMIN, Bench, ROBOT, log_in, oci, told};

const REQUEST: &str = "POST /api/v2.0/system/gc/schedule";

/// A Harbor whose description is not believed in one thing: that the parameters of jobs are
/// objects, while Harbor itself sends and reads truth values.
fn start() -> Bench {
    let bench = Bench::start(ROBOT);
    let undescribed = ["/service/token", "/api/v2.0/system/gc/schedule"];
    bench
        .local
        .except(move |request| undescribed.contains(&request.path.as_str()));
    bench
}

#[test]
fn an_administrator_starts_the_garbage_collection() {
    let bench = start();
    log_in(bench.home.path(), &bench.local.host(), ADMIN);
    let brand = bench.brand();
    let collect = || oci::run(brand.collect_garbage()).unwrap().unwrap();
    assert_eq!(collect(), "Harbor's garbage collection was started.");
    bench.harbor.lock().unwrap().is_collecting = true;
    assert_eq!(collect(), "Harbor's garbage collection is running already.");
    let asked = bench.harbor.lock().unwrap().collections.clone();
    let expected = json!({
        "schedule": {"type": "Manual"},
        "parameters": {"delete_untagged": false, "dry_run": false},
    });
    assert_eq!(asked, [expected]);
    let requests = [format!("{REQUEST} 201"), format!("{REQUEST} 409")];
    assert_eq!(bench.rest(), requests);
}

#[test]
fn robots_may_not_start_it() {
    let bench = start();
    let error = oci::run(bench.brand().collect_garbage()).unwrap_err();
    let expected = format!(
        "{}: Harbor does not allow this (status 403): forbidden",
        bench.name()
    );
    let hint = "this needs a system administrator of Harbor".to_owned();
    assert_eq!(told(error), (expected, hint, 4));
    assert!(bench.harbor.lock().unwrap().collections.is_empty());
}
