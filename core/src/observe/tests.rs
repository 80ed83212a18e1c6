use super::*;
use serde_json::json;

fn seen(value: Value) -> Observed {
    observe(&Item::from_value(&value).unwrap())
}

fn preview(value: Value) -> Option<String> {
    let observed = seen(value);
    assert_eq!(observed.user_turn, observed.preview.is_some());
    observed.preview
}

fn rollout(kind: &str, payload: Value) -> Value {
    json!({"timestamp": "2026-03-02T09:15:57.648Z", "type": kind, "payload": payload})
}

fn said(text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    rollout("response_item", json!({"type": "message", "role": "user", "content": content}))
}

#[test]
fn the_first_line_of_a_rollout_says_where_it_was_written() {
    let observed = seen(rollout(
        "session_meta",
        json!({
            "id": "d23f0824-128b-4f33-8c5c-7fd0a6a3a450", "timestamp": "2026-03-02T09:16:10Z",
            "cwd": "/home/dev/shop", "originator": "codex_cli", "cli_version": "0.169.0",
            "source": {"subagent": {"thread_spawn": {"depth": 1}}},
            "model_provider": "mock_provider",
            "git": {"commit_hash": "8194d755", "branch": "main",
                    "repository_url": "https://example.com/shop.git"},
        }),
    ));
    let expected = Observed {
        cwd: Some("/home/dev/shop".into()),
        originator: Some("codex_cli".into()),
        cli_version: Some("0.169.0".into()),
        model_provider: Some("mock_provider".into()),
        git_info: Some(GitInfo {
            sha: Some("8194d755".into()),
            branch: Some("main".into()),
            origin_url: Some("https://example.com/shop.git".into()),
        }),
        ..Observed::default()
    };
    assert_eq!(observed, expected);
}

#[test]
fn a_user_message_is_found_in_every_shape() {
    let said_so = Some("CI is red".to_owned());
    let text = "  CI is red\n";
    for item in [
        said(text),
        rollout("event_msg", json!({"type": "user_message", "message": text, "kind": "plain"})),
        json!({"type": "userMessage", "id": "1", "content": [{"type": "text", "text": text}]}),
        rollout(
            "event_msg",
            json!({"type": "item_completed", "item":
            {"type": "UserMessage", "id": "1", "content": [{"type": "text", "text": text}]}}),
        ),
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}),
        json!({"role": "user", "content": text}),
        json!({"role": "user", "content": [text]}),
        json!({"role": "user", "parts": [{"text": text}]}),
        json!({"role": "user", "parts": [{"type": "text", "text": text}]}),
    ] {
        assert_eq!(preview(item.clone()), said_so, "{item}");
    }
}

#[test]
fn what_no_person_said_is_no_preview() {
    let output = json!({"type": "function_call_output", "call_id": "c", "output": "[0000] Page."});
    let answer = json!({"type": "message", "role": "assistant",
                        "content": [{"type": "output_text", "text": "Fixed."}]});
    for item in [
        said("<environment_context>\n  <cwd>/home/dev/shop</cwd>\n</environment_context>"),
        said("<user_instructions>\n\nBe brief.\n\n</user_instructions>"),
        said("# AGENTS.md instructions for /home/dev/shop\n\n<INSTRUCTIONS>…</INSTRUCTIONS>"),
        said("   "),
        rollout("response_item", output),
        rollout("response_item", answer),
        rollout("event_msg", json!({"type": "agent_message", "message": "Fixed."})),
        rollout("event_msg", json!({"type": "task_started", "turn_id": "t"})),
        json!({"role": "system", "content": "Be brief."}),
        json!({"role": "user", "content": [{"type": "tool_result", "content": "ok"}]}),
        json!({"type": "agentMessage", "id": "2", "text": "Fixed."}),
    ] {
        assert_eq!(preview(item.clone()), None, "{item}");
    }
}

#[test]
fn injected_parts_are_left_out_and_the_rest_is_joined() {
    let content = json!([
        {"type": "input_text", "text": "<environment_context></environment_context>"},
        {"type": "input_text", "text": "Look at "},
        {"type": "input_image", "image_url": "data:…"},
        {"type": "input_text", "text": "this."},
    ]);
    let item = json!({"role": "user", "content": content});
    assert_eq!(preview(item).as_deref(), Some("Look at\nthis."));
}

#[test]
fn only_the_request_of_an_editor_s_message_counts() {
    let text =
        "# Context from my IDE setup:\n## Open tabs:\n- a.rs\n\n## My request for Codex:\nGo.";
    assert_eq!(preview(said(text)).as_deref(), Some("Go."));
}

#[test]
fn a_message_of_images_alone_has_a_placeholder() {
    let images = json!({"type": "user_message", "message": "", "images": ["data:…"]});
    for item in [
        rollout("event_msg", images),
        json!({"type": "userMessage", "id": "1", "content": [{"type": "image", "url": "data:…"}]}),
        json!({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "…"}}]}),
        json!({"role": "user", "parts": [{"type": "file", "mediaType": "image/png", "url": "…"}]}),
        json!({"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "…"}}]}),
    ] {
        assert_eq!(preview(item.clone()).as_deref(), Some("[Image]"), "{item}");
    }
}

#[test]
fn a_preview_is_cut_between_characters() {
    let long = "é".repeat(crate::limits::MAX_PREVIEW_CHARS + 1);
    let cut = preview(json!({"role": "user", "content": long})).unwrap();
    assert_eq!(cut, "é".repeat(crate::limits::MAX_PREVIEW_CHARS));
    let many: Vec<_> = (0..2000).map(|n| json!({"type": "text", "text": n.to_string()})).collect();
    let cut = preview(json!({"role": "user", "content": many})).unwrap();
    assert!(
        cut.starts_with("0\n1\n2\n") && cut.chars().count() <= crate::limits::MAX_PREVIEW_CHARS
    );
}

#[test]
fn model_usage_and_title_follow_the_items() {
    let info = json!({"total_token_usage": {"total_tokens": 1050}, "model_context_window": 258400});
    let count = json!({"type": "token_count", "info": info, "rate_limits": null});
    assert_eq!(seen(rollout("event_msg", count)).token_usage, Some(info));
    let empty = json!({"type": "token_count", "info": null});
    assert_eq!(seen(rollout("event_msg", empty)), Observed::default());
    let context = json!({"cwd": "/home/dev", "model": "mock-model", "summary": "auto"});
    let observed = seen(rollout("turn_context", context));
    assert_eq!(
        (observed.model.as_deref(), observed.cwd.as_deref()),
        (Some("mock-model"), Some("/home/dev"))
    );
    let named = json!({"type": "thread_name_updated", "thread_id": "t", "thread_name": "Red main"});
    assert_eq!(seen(rollout("event_msg", named)).title.as_deref(), Some("Red main"));
    let answer = json!({"role": "assistant", "content": "Hi", "model": "m", "usage": {"n": 1}});
    let observed = seen(answer);
    assert_eq!(
        (observed.model.as_deref(), observed.token_usage),
        (Some("m"), Some(json!({"n": 1})))
    );
}

#[test]
fn strange_items_say_nothing() {
    for json in [
        "{}",
        r#"{"type":5}"#,
        r#"{"type":"event_msg"}"#,
        r#"{"type":"event_msg","payload":5}"#,
        r#"{"type":"event_msg","payload":{"type":["user_message"]}}"#,
        r#"{"type":"session_meta","payload":{"cwd":7,"git":[],"originator":null}}"#,
        r#"{"type":"response_item","payload":"x"}"#,
        r#"{"role":"user"}"#,
        r#"{"role":"user","content":{"text":"x"}}"#,
        r#"{"role":"user","content":[1,null,{"text":5},{"type":{}}]}"#,
        r#"{"type":"a","type":"b"}"#,
    ] {
        assert_eq!(observe(&Item::new(json).unwrap()), Observed::default(), "{json}");
    }
}

#[test]
fn a_batch_keeps_the_first_preview_and_the_last_model() {
    let context =
        |model: &str, cwd: &str| seen(rollout("turn_context", json!({"model": model, "cwd": cwd})));
    let batch = [context("a", "/1"), seen(said("first")), context("b", "/2"), seen(said("second"))];
    let folded = batch.into_iter().reduce(Observed::merge).unwrap();
    let expected = Observed {
        preview: Some("first".into()),
        model: Some("b".into()),
        cwd: Some("/1".into()),
        user_turn: true,
        ..Observed::default()
    };
    assert_eq!(folded, expected);
}
