//! The hybrid nodes that are really there: whose they are, how many, and what they cost before the tier changes.

use std::collections::BTreeMap;

use sagemaker_ssh_setup::demo::{Seed, SeedNode, Timing};
use serde_json::{Value, json};

use super::commands::Desk;
use super::faults::Fault;
use super::play::{Setup, prompt};

const ROLE: &str = "AmazonSageMaker-ExecutionRole-20240502T093000";

fn check<'a>(region: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let check = [
        "check",
        "--sagemaker-role",
        ROLE,
        "--user-role",
        "MLEngineer",
        "--regions",
        region,
    ];
    [&check, more].concat()
}

fn node(region: &str, number: usize, role: &str, owner: Option<&str>) -> SeedNode {
    let owner = owner.map(|owner| ("SSHOwner".to_owned(), owner.to_owned()));
    SeedNode {
        region: region.to_owned(),
        id: format!("mi-{number:017x}"),
        role: role.to_owned(),
        ping: "Online".to_owned(),
        last_ping: 1_706_695_810.0 + f64::from(u32::try_from(number).unwrap()),
        tags: owner.into_iter().collect(),
    }
}

#[test]
fn check_says_whose_each_node_is_and_what_to_do() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = desk.run(&check("eu-central-1", &["--nodes"])).ends_with(0);
    for line in [
        "note      eu-central-1: 5 hybrid nodes, 4 of them online; 5 of these under the chosen SageMaker roles.",
        "good      mi-0b2200000000000a1 of AmazonSageMaker-ExecutionRole-20240502T093000, online, last heard of 2024-01-31 10:10 \
         UTC: AROAEXAMPLEROLE000042:terry (good).",
        "BAD       mi-0b2200000000000a2",
        "botocore-session-1706690000 (unstable). A program made this session name up",
        "Give the profile a role_session_name",
        "note      mi-0b2200000000000a3",
        "AROAEXAMPLEROLE000043:SageMaker (shared). SageMaker opened the session",
        "AIDACKCEVSQ6C2EXAMPLE:terry@SSO (placeholder). It is the example",
        "BAD       mi-0b2200000000000a5 of AmazonSageMaker-ExecutionRole-20240502T093000, not online since 2024-01-30",
        "nobody's (none). It has no owner",
    ] {
        assert!(printed.out.contains(line), "{line}: {}", printed.out);
    }
    let reads = ["Get", "List", "Describe", "Simulate"];
    let calls = desk.aws.faults.calls();
    let is_reading = |call: &String| reads.iter().any(|verb| call.starts_with(verb));
    assert!(calls.iter().all(is_reading), "{calls:?}");
}

#[test]
fn programs_get_the_same() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let words = check(
        "eu-central-1,us-east-1",
        &["--nodes=eu-central-1", "--output", "json"],
    );
    let json = desk.run(&words).ends_with(0).json();
    let regions = json["nodes"].as_array().unwrap();
    assert_eq!(regions.len(), 1, "{json:#}");
    assert_eq!(
        (&regions[0]["all"], &regions[0]["online"]),
        (&json!(5), &json!(4))
    );
    let owners: BTreeMap<&str, &str> = regions[0]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            (
                node["id"].as_str().unwrap(),
                node["owner_kind"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = ["good", "unstable", "shared", "placeholder", "none"];
    assert_eq!(owners.into_values().collect::<Vec<_>>(), expected);
    let printed = desk.run(&check("eu-central-1", &["--nodes=us-east-1"]));
    assert!(
        printed
            .ends_with(64)
            .err
            .contains("--nodes: us-east-1 is not one")
    );
}

#[test]
fn where_there_is_none_it_says_how_to_make_one() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let printed = desk.run(&check("us-east-1", &["--nodes"]));
    assert!(
        printed.out.contains("us-east-1: no hybrid node."),
        "{}",
        printed.out
    );
    assert!(
        printed
            .out
            .contains("To make one, run a job with SageMaker SSH Helper in it"),
        "{}",
        printed.out
    );
}

#[test]
fn of_thousands_the_newest_are_looked_at_and_the_rest_is_counted() {
    let mut seed = Seed::shipped().unwrap();
    seed.nodes = (0..5200)
        .map(|number| {
            node(
                "eu-central-1",
                number,
                ROLE,
                Some("AROAEXAMPLEROLE000042:terry"),
            )
        })
        .collect();
    let desk = Desk::with(seed);
    let words = check("eu-central-1", &["--nodes", "--output", "json"]);
    let json = desk.run(&words).ends_with(0).json();
    let region = &json["nodes"][0];
    assert_eq!(region["complete"], json!(false));
    assert_eq!(region["nodes"].as_array().unwrap().len(), 100);
    assert_eq!(region["further"], json!(4900));
    let tags = desk.aws.faults.calls().into_iter();
    assert_eq!(
        tags.filter(|call| call == "ListTagsForResource").count(),
        100
    );
}

#[test]
fn what_may_not_be_read_is_said_and_hinders_nothing() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let denied = || Fault::Refused(400, "AccessDeniedException", "no");
    desk.aws
        .faults
        .add("DescribeInstanceInformation", 99, denied());
    let printed = desk.run(&check("eu-central-1", &["--nodes"])).ends_with(0);
    assert!(
        printed
            .out
            .contains("eu-central-1: its nodes are not known."),
        "{}",
        printed.out
    );
    desk.aws.faults.clear();
    desk.aws.faults.add("ListTagsForResource", 1, denied());
    let printed = desk.run(&check("eu-central-1", &["--nodes"])).ends_with(0);
    assert!(
        printed.out.contains("whose it is is not known."),
        "{}",
        printed.out
    );
}

fn plan(desk: &Desk, region: &str, command: &str) -> String {
    let mut words = check(region, &[]);
    words[0] = command;
    if command == "apply" {
        words.push("--yes");
    }
    desk.run(&words).out
}

#[test]
fn before_the_tier_is_turned_on_and_put_back_it_is_said_how_many_nodes_there_are_and_what_they_cost()
 {
    let desk = Desk::with(Seed::shipped().unwrap());
    let there = "Already there: 3 hybrid nodes, 2 of them online. Those online will cost about 10 US dollars a month";
    let out = plan(&desk, "eu-west-1", "plan");
    assert!(out.contains(there), "{out}");
    let out = plan(&desk, "eu-west-1", "apply");
    assert!(out.contains(there), "{out}");
    let printed = desk.run(&["undo", "--yes"]).ends_with(0);
    let back = "There: 3 hybrid nodes, 2 of them online. On the standard tier nobody can open sessions to them any more";
    assert!(printed.out.contains(back), "{}", printed.out);
    // Where the tier stays as it is, it costs nothing that was not asked for.
    let out = plan(&desk, "eu-central-1", "plan");
    assert!(!out.contains("US dollars"), "{out}");
}

#[test]
fn a_count_that_is_not_known_is_called_so_and_stops_nothing() {
    let desk = Desk::with(Seed::shipped().unwrap());
    let denied = Fault::Refused(400, "AccessDeniedException", "no");
    desk.aws
        .faults
        .add("DescribeInstanceInformation", 99, denied);
    let out = plan(&desk, "eu-west-1", "plan");
    assert!(
        out.contains("How many hybrid nodes there are is not known."),
        "{out}"
    );
    let words = check("eu-west-1", &["--output", "json"]);
    let mut words = words;
    words[0] = "plan";
    let json: Value = desk.run(&words).json();
    assert_eq!(json["nodes"][0]["all"], Value::Null, "{json:#}");
    let out = plan(&desk, "eu-west-1", "apply");
    assert!(out.contains("Ready."), "{out}");
}

#[tokio::test(start_paused = true)]
async fn the_wizard_says_it_on_regions_preview_and_confirm() {
    let mut play = prompt();
    play.walk_to_confirm().await;
    play.keys("{3 hybrid nodes, 2 of them online}{about 10 US dollars a month}<esc>")
        .await;
    play.keys("G{3 hybrid nodes, 2 of them online}<esc>").await;
    play.keys("{eu-west-1 has 3 hybrid nodes, 2 of them online}")
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_last_screen_looks_for_nodes_on_request() {
    let mut seed = Seed::shipped().unwrap();
    let role = "service-role/AmazonSageMaker-ExecutionRole-20240131T101010";
    seed.nodes.push(node(
        "eu-west-1",
        7,
        role,
        Some("AROAEXAMPLEROLE000042:botocore-session-1706690000"),
    ));
    let mut play = Setup {
        timing: Timing::INSTANT,
        seed: Some(seed),
        ..Setup::default()
    }
    .start();
    play.walk_to_confirm().await;
    play.keys("y{Ready. 4 changes}n{4 hybrid nodes, 3 of them online; 1 of these under}")
        .await;
    play.keys("{(unstable)}<esc>{!4 hybrid nodes}").await;
}
