//! Calls as the services want them, and answers in the shapes they really send.

use super::*;
use crate::base::call::Part;

const KEY: &str = "sk-secret-0123456789";

fn ask<'a>(name: &str, key: &'a Secret) -> Ask<'a> {
    let provider = Provider::find(name).unwrap();
    Ask {
        provider,
        endpoint: provider.endpoint,
        key,
        model: provider.models[0],
        system: "Be brief.",
        history: &[],
        question: "Why \"ü\"?",
        max_tokens: None,
        temperature: None,
        user: "c1",
        is_stream: false,
        without: Without::default(),
        timeout: Duration::from_secs(7),
    }
}

fn body(call: &HttpCall) -> String {
    let [Part::Bytes(bytes)] = &call.body[..] else { panic!("{call:?}") };
    String::from_utf8(bytes.clone()).unwrap()
}

fn answer(status: u16, body: &str) -> Result<HttpAnswer, CallError> {
    Ok(HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() })
}

fn read_as(dialect: Dialect, status: u16, body: &str) -> Result<Reply, Fault> {
    read(dialect, &Secret::new(KEY), &answer(status, body))
}

fn filtered() -> Fault {
    Fault::Refused("its filter objects to the question or the answer".to_string())
}

fn text(text: &str) -> Result<Reply, Fault> {
    Ok(Reply { text: text.into(), cut: None })
}

#[test]
fn calls_are_as_the_services_want_them() {
    let key = Secret::new(KEY);
    let history = [Turn { question: "a".into(), answer: "b".into() }];
    let call = build(&Ask { history: &history, temperature: Some(70), ..ask("groq", &key) });
    assert_eq!((call.method, call.timeout), ("POST", Duration::from_secs(7)));
    assert_eq!(call.url, "https://api.groq.com/openai/v1/chat/completions");
    assert_eq!(
        body(&call),
        r#"{"model":"llama-3.3-70b-versatile","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"Why \"ü\"?"}],"max_tokens":2048,"temperature":0.70}"#
    );
    let call = build(&Ask { history: &history, temperature: Some(150), is_stream: true, ..ask("claude", &key) });
    assert_eq!(
        body(&call),
        r#"{"model":"claude-sonnet-4-20250514","max_tokens":2048,"system":"Be brief.","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"Why \"ü\"?"}],"temperature":1.00,"stream":true}"#
    );
    assert!(call.headers.contains(&("anthropic-version", "2023-06-01".into())));
    let call = build(&Ask { history: &history, ..ask("gemini", &key) });
    assert_eq!(call.url, "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent");
    assert_eq!(
        body(&call),
        r#"{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"user","parts":[{"text":"Why \"ü\"?"}]}],"generationConfig":{"maxOutputTokens":2048}}"#
    );
    let call = build(&Ask { max_tokens: Some(9), ..ask("ollama", &Secret::default()) });
    assert_eq!((call.url.as_str(), call.secret_headers.len()), ("http://localhost:11434/api/chat", 0));
    assert!(body(&call).ends_with(r#""stream":false,"options":{"num_predict":9}}"#), "{}", body(&call));
    let call = build(&Ask { history: &history, ..ask("openclaw", &key) });
    assert_eq!(call.url, "http://localhost:18789/v1/chat/completions");
    assert_eq!(
        body(&call),
        r#"{"model":"openclaw/default","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Why \"ü\"?"}],"user":"c1"}"#
    );
    let call = build(&Ask { endpoint: "http://localhost:18789/hooks/agent", ..ask("openclaw", &key) });
    assert_eq!(call.url, "http://localhost:18789/hooks/agent");
    assert_eq!(body(&call), r#"{"message":"Why \"ü\"?","name":"Botmother"}"#);
}

#[test]
fn keys_stand_in_headers_only() {
    let key = Secret::new(KEY);
    for provider in PROVIDERS {
        for is_stream in [false, true] {
            let call = build(&Ask { is_stream, ..ask(provider.name, &key) });
            let shown = format!("{} {:?} {}", call.url, call.headers, body(&call));
            assert!(!shown.contains(KEY), "{shown}");
            assert!(call.secret_headers[0].1.expose().ends_with(KEY), "{}", provider.name);
            Fields::parse(body(&call).as_bytes()).unwrap();
        }
    }
}

#[test]
fn addresses_may_be_bases() {
    let key = Secret::default();
    for (name, endpoint, expected) in [
        ("openai", "http://h:8000", "http://h:8000/v1/chat/completions"),
        ("vllm", "http://h:8000/v1/", "http://h:8000/v1/chat/completions"),
        ("lmstudio", "http://h/v1/chat/completions", "http://h/v1/chat/completions"),
        ("claude", "http://h", "http://h/v1/messages"),
        ("ollama", "http://h:1/api/chat", "http://h:1/api/chat"),
        ("ollama", "http://h:1/", "http://h:1/api/chat"),
        ("ollama", "http://h:1/v1", "http://h:1/v1/chat/completions"),
        ("gemini", "http://h", "http://h/v1beta/models/gemini-2.0-flash:generateContent"),
        ("gemini", "http://h/v1", "http://h/v1/models/gemini-2.0-flash:generateContent"),
    ] {
        assert_eq!(build(&Ask { endpoint, ..ask(name, &key) }).url, expected, "{name} {endpoint}");
    }
}

#[test]
fn models_that_reason_get_other_parameters() {
    let key = Secret::default();
    let print = |model| body(&build(&Ask { model, max_tokens: Some(5), temperature: Some(50), ..ask("openai", &key) }));
    for model in ["o1", "o3-mini", "gpt-5-nano"] {
        assert!(print(model).ends_with(r#""max_completion_tokens":5}"#), "{}", print(model));
    }
    assert!(print("gpt-4o").ends_with(r#""max_tokens":5,"temperature":0.50}"#));
    assert!(print("omni").contains("temperature"));
    let call = build(&Ask { model: "o1", ..ask("openai", &key) });
    assert!(!body(&call).contains("tokens"), "all might go into thinking: {}", body(&call));
}

#[test]
fn what_a_model_refuses_is_left_out() {
    let refused = |words: &str, param: &str, without| {
        let body = format!(r#"{{"error":{{"message":"{words}","type":"invalid_request_error","param":{param}}}}}"#);
        adapt(&answer(400, &body).unwrap(), without)
    };
    let none = Without::default();
    let words =
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    let renamed = Without { old_name: true, ..none };
    assert_eq!(refused(words, "\"max_tokens\"", none), Some(renamed));
    assert_eq!(refused(words, "\"max_tokens\"", renamed), Some(Without { max_tokens: true, ..renamed }));
    let words = "Unsupported value: 'temperature' does not support 0.7 with this model.";
    assert_eq!(refused(words, "\"temperature\"", none), Some(Without { temperature: true, ..none }));
    let words = "Developer instruction is not enabled for models/gemma-3";
    assert_eq!(refused(words, "null", none), Some(Without { system: true, ..none }));
    assert_eq!(refused("Invalid model", "\"model\"", none), None);
    // Nothing is asked for ever: what is left out already is no reason any more.
    let all = Without { old_name: true, max_tokens: true, temperature: true, system: true };
    for words in ["temperature", "max_tokens", "max_completion_tokens", "system"] {
        assert_eq!(refused(words, "null", all), None);
    }
    let call = build(&Ask { without: Without { system: true, ..none }, ..ask("gemini", &Secret::default()) });
    assert!(body(&call).contains(r#"[{"text":"Be brief.\n\nWhy \"ü\"?"}]"#) && !body(&call).contains("systemI"));
}

#[test]
fn answers_are_read() {
    use Dialect::*;
    for (dialect, body, expected) in [
        (
            OpenAi,
            r#"{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":" Paris.\n","refusal":null},"finish_reason":"stop"}],"usage":{"total_tokens":9}}"#,
            text("Paris."),
        ),
        // DeepSeek's reasoning stands apart; Mistral's comes as parts; local models think aloud.
        (OpenAi, r#"{"choices":[{"message":{"content":"Yes","reasoning_content":"Hm"}}]}"#, text("Yes")),
        (
            OpenAi,
            r#"{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"Yes"}]}}]}"#,
            text("Yes"),
        ),
        (OpenAi, r#"{"choices":[{"message":{"content":"<think>Hm\n</think>\n\nYes"}}]}"#, text("Yes")),
        (OpenAi, r#"{"choices":[{"message":{"content":"<think>Hm"},"finish_reason":"length"}]}"#, Err(Fault::Spent)),
        (OpenAi, r#"{"choices":[{"message":{"content":"Hm\n</think>\n\nYes"},"finish_reason":"stop"}]}"#, text("Yes")),
        (
            OpenAi,
            r#"{"choices":[{"message":{"content":"Lon"},"finish_reason":"length"}]}"#,
            Ok(Reply { text: "Lon".into(), cut: Some(Cut::Length) }),
        ),
        (OpenAi, r#"{"choices":[{"message":{"content":null,"refusal":"I cannot."}}]}"#, text("I cannot.")),
        (OpenAi, r#"{"choices":[{"message":{"content":null}}]}"#, Err(Fault::Empty)),
        (OpenAi, r#"{"choices":[]}"#, Err(Fault::NotUnderstood)),
        (
            OpenAi,
            r#"{"error":{"message":"it\nbroke sk-secret-0123456789"}}"#,
            Err(Fault::Refused("it broke ***".into())),
        ),
        (
            Anthropic,
            r#"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"Yes"}],"stop_reason":"end_turn"}"#,
            text("Yes"),
        ),
        (
            Anthropic,
            r#"{"content":[{"type":"text","text":"Lon"}],"stop_reason":"max_tokens"}"#,
            Ok(Reply { text: "Lon".into(), cut: Some(Cut::Length) }),
        ),
        (
            Gemini,
            r#"{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true},{"text":"Ye"},{"text":"s"}],"role":"model"},"finishReason":"STOP"}]}"#,
            text("Yes"),
        ),
        (Gemini, r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#, Err(filtered())),
        (Gemini, r#"{"candidates":[{"finishReason":"SAFETY"}]}"#, Err(filtered())),
        (
            Gemini,
            r#"{"candidates":[{"content":{"parts":[{"text":"Lon"}]},"finishReason":"SAFETY"}]}"#,
            Ok(Reply { text: "Lon".into(), cut: Some(Cut::Filter) }),
        ),
        (
            Ollama,
            r#"{"model":"llama3","message":{"role":"assistant","content":"Yes"},"done_reason":"stop","done":true}"#,
            text("Yes"),
        ),
        (Hook, r#"{"ok":true,"runId":"7"}"#, text("7")),
        (OpenAi, "<html>Welcome</html>", Err(Fault::NotUnderstood)),
        (OpenAi, "", Err(Fault::NotUnderstood)),
        (OpenAi, "[1]", Err(Fault::NotUnderstood)),
    ] {
        assert_eq!(read_as(dialect, 200, body), expected, "{body}");
    }
    let cut = HttpAnswer { status: 200, is_cut: true, body: b"{}".to_vec(), ..HttpAnswer::default() };
    assert_eq!(read(OpenAi, &Secret::default(), &Ok(cut)), Err(Fault::NotUnderstood));
    let long = format!(r#"{{"message":{{"content":"{}"}}}}"#, "ü".repeat(limits::AI_ANSWER_BYTES_MAX));
    let reply = read_as(Ollama, 200, &long).unwrap();
    assert!(reply.cut.is_some() && reply.text.len() <= limits::AI_ANSWER_BYTES_MAX + 3);
}

#[test]
fn errors_are_understood() {
    let later = |why: &str| Fault::Later(why.to_string());
    for (status, body, expected) in [
        (401, r#"{"error":{"message":"Incorrect API key provided: sk-secret-0123456789."}}"#, Fault::Key),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
            Fault::Key,
        ),
        (401, "Unauthorized", Fault::Key),
        (402, r#"{"error":{"message":"Insufficient Balance"}}"#, Fault::Credit("Insufficient Balance".into())),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota"}}"#,
            Fault::Credit("You exceeded your current quota".into()),
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
            Fault::Credit("Your credit balance is too low".into()),
        ),
        (404, r#"{"error":"model 'llama3' not found"}"#, Fault::NotFound("model 'llama3' not found".into())),
        (404, "404 page not found", Fault::NotFound("status 404".into())),
        (302, "", Fault::NotFound("status 302".into())),
        (
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
            Fault::TooLong,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            Fault::TooLong,
        ),
        (429, "", Fault::Busy(None)),
        (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, later("Overloaded")),
        (500, "<html>oops</html>", later("status 500")),
        (
            408,
            r#"{"error":{"message":"upstream provider timeout","type":"api_error"}}"#,
            later("upstream provider timeout"),
        ),
        (
            400,
            r#"{"object":"error","message":"Invalid model: x","type":"invalid_model"}"#,
            Fault::Refused("Invalid model: x".into()),
        ),
        (422, r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, Fault::Refused("field required".into())),
        (403, "", Fault::Refused("status 403".into())),
    ] {
        assert_eq!(read_as(Dialect::OpenAi, status, body), Err(expected), "{status} {body}");
    }
    let busy = HttpAnswer { status: 429, headers: vec![("retry-after".into(), "7".into())], ..HttpAnswer::default() };
    let fault = read(Dialect::OpenAi, &Secret::default(), &Ok(busy)).unwrap_err();
    assert_eq!(fault.retry(), Retry::After(Duration::from_secs(7)));
    let read_error = |error| read(Dialect::OpenAi, &Secret::default(), &Err(error));
    assert_eq!(read_error(CallError::Refused), Err(later("connection refused")));
    assert_eq!(read_error(CallError::Invalid("no URL".into())), Err(Fault::Refused("no URL".into())));
}

fn stream_of(dialect: Dialect, lines: &str) -> Stream {
    let mut stream = Stream::new(dialect, "m");
    lines.lines().for_each(|line| stream.line(line.as_bytes(), &Secret::new(KEY)));
    stream
}

const STREAMS: [(Dialect, &str); 4] = [
    (
        Dialect::OpenAi,
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n: keep-alive\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\" ü\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n",
    ),
    (
        Dialect::Anthropic,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"content\":[]}}\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Hm\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\" ü\"}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\ndata: {\"type\":\"message_stop\"}\n",
    ),
    (
        Dialect::Gemini,
        "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"Hello\"}],\"role\": \"model\"}}]}\r\n\ndata: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \" ü\"}]},\"finishReason\": \"STOP\"}]}\n\n",
    ),
    (
        Dialect::Ollama,
        "{\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"done\":false}\n{\"message\":{\"content\":\" ü\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done_reason\":\"stop\",\"done\":true}\n",
    ),
];

#[test]
fn streams_are_put_together() {
    for (dialect, lines) in STREAMS {
        let stream = stream_of(dialect, lines);
        assert_eq!(stream.so_far().unwrap(), "Hello ü");
        assert_eq!(stream.end(None, &Secret::default()), text("Hello ü"), "{dialect:?}");
    }
    // A service that does not stream answers whole, in one line.
    let whole = r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;
    assert_eq!(stream_of(Dialect::OpenAi, whole).end(None, &Secret::default()), text("Hi"));
    assert_eq!(stream_of(Dialect::OpenAi, "<html>\n</html>").end(None, &Secret::default()), Err(Fault::NotUnderstood));
}

#[test]
fn openai_counts_in_streams_if_asked() {
    let key = Secret::default();
    let call = |name| body(&build(&Ask { is_stream: true, ..ask(name, &key) }));
    assert!(call("openai").ends_with(r#""stream":true,"stream_options":{"include_usage":true}}"#));
    assert!(call("groq").ends_with(r#""stream":true}"#));
}

#[test]
fn streams_may_break() {
    let broke = || Some(Fault::Later("the connection broke".into()));
    for (dialect, lines) in STREAMS {
        let half = stream_of(dialect, lines.split_once(" ü").unwrap().0);
        let reply = half.clone().end(broke(), &Secret::default()).unwrap();
        let expected = if dialect == Dialect::Ollama { Cut::Unreadable } else { Cut::Early };
        assert_eq!((reply.text.as_str(), reply.cut), ("Hello", Some(expected)), "{dialect:?}");
        // A connection that was closed in order is no better.
        assert_eq!(half.end(None, &Secret::default()), Ok(reply));
        assert_eq!(stream_of(dialect, "").end(broke(), &Secret::default()), Err(broke().unwrap()));
    }
    let error = "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}";
    assert_eq!(
        stream_of(Dialect::Anthropic, error).end(None, &Secret::default()),
        Err(Fault::Later("Overloaded".into()))
    );
    let line = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n", "a".repeat(9000));
    let reply = stream_of(Dialect::OpenAi, &line.repeat(20)).end(None, &Secret::default()).unwrap();
    assert!(reply.cut.is_some() && reply.text.len() <= limits::AI_ANSWER_BYTES_MAX);
}

/// What is said before the end of the stream, and whether it is all.
#[test]
fn streams_by_the_rules_of_events() {
    use Dialect::*;
    let said = |dialect, lines: &str| stream_of(dialect, lines).end(None, &Secret::default());
    let cut = |text: &str, cut| Ok(Reply { text: text.into(), cut: Some(cut) });
    let later = |why: &str| Err(Fault::Later(why.to_string()));
    let hi = r#"data: {"choices":[{"delta":{"content":"Hi"}}]}"#;
    for (dialect, lines, expected) in [
        // A mark of the byte order; data in several lines; no colon; no space; an unknown field; no empty line at the end.
        (OpenAi, format!("\u{feff}{hi}\n\ndata: [DONE]\n\n"), text("Hi")),
        (OpenAi, "data:{\"choices\":[{\"delta\":\ndata\ndata: {\"content\":\"Hi\"}}]}\n\ndata:[DONE]".into(), text("Hi")),
        (OpenAi, format!("id: 7\nretry: 3\nevent\n{hi}\n\n:\n\nfoo\n\ndata: [DONE]\n"), text("Hi")),
        // Some forget what parts events.
        (OpenAi, format!("{hi}\n{hi}\ndata: [DONE]\n"), text("HiHi")),
        // Numbers that no double holds.
        (OpenAi, hi.replace("[{\"delta", "[{\"logprob\":-1e400,\"delta") + "\n\ndata: [DONE]\n\n", text("Hi")),
        // What cannot be read ends the answer, and it shows.
        (OpenAi, format!("{hi}\n\ndata: {{\"choices\":[\n\n{hi}\n\ndata: [DONE]\n\n"), cut("Hi", Cut::Unreadable)),
        (OpenAi, "data: {\"choices\"\n\ndata: [DONE]\n\n".into(), later("its answer could not be read")),
        // Nobody said that it was all.
        (OpenAi, format!("{hi}\n\n"), cut("Hi", Cut::Early)),
        (OpenAi, hi.replace("Hi", "") + "\n\n", later("its answer ended early")),
        (OpenAi, format!("{hi}\n\nevent: error\ndata: {{\"message\":\"broke {KEY}\"}}\n\n"), cut("Hi", Cut::Early)),
        (OpenAi, format!("event: error\ndata: {{\"message\":\"broke {KEY}\"}}\n\n"), later("broke ***")),
        (OpenAi, "data: out of\ndata: memory\nevent: error\n\n".into(), later("out of memory")),
        (OpenAi, "event: error\ndata: {}\n\n".into(), later("an error without words")),
        (OpenAi, "data: {\"error\":{\"code\":1}}\n\n".into(), later("an error without words")),
        (Ollama, "{\"error\":\"out of memory\"}\n".into(), later("out of memory")),
        // Bounds and filters.
        (
            OpenAi,
            format!("{hi}\n\ndata: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"length\"}}]}}\n\n"),
            cut("Hi", Cut::Length),
        ),
        (
            Anthropic,
            "data: {\"delta\":{\"text\":\"Hi\"}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"}}\n\n"
                .into(),
            cut("Hi", Cut::Length),
        ),
        (
            Anthropic,
            "data: {\"delta\":{\"text\":\"Hi\"}}\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"Overloaded\"}}\n\n"
                .into(),
            cut("Hi", Cut::Early),
        ),
        (
            Gemini,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]},\"finishReason\":\"MAX_TOKENS\"}]}\n\n".into(),
            cut("Hi", Cut::Length),
        ),
        (
            Gemini,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]}}]}\n\ndata: {\"candidates\":[{\"finishReason\":\"SAFETY\"}]}\n\n"
                .into(),
            cut("Hi", Cut::Filter),
        ),
        (Gemini, "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n".into(), Err(filtered())),
        (
            Ollama,
            "{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"length\"}\n"
                .into(),
            cut("Hi", Cut::Length),
        ),
        (Ollama, "{\"message\":{\"content\":\"Hi\"},\"done\":false}\n".into(), cut("Hi", Cut::Early)),
        (Ollama, "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"length\"}\n".into(), Err(Fault::Spent)),
    ] {
        assert_eq!(said(dialect, &lines), expected, "{lines}");
    }
}

/// Thoughts are not shown where that can be known, and taken back where it cannot.
#[test]
fn thoughts_are_withheld_or_taken_back() {
    let piece = |text: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}");
    let key = Secret::default();
    let so_far = |model: &str, texts: &[&str]| {
        let mut stream = Stream::new(Dialect::OpenAi, model);
        for text in texts {
            stream.line(piece(text).as_bytes(), &key);
            stream.line(b"", &key);
        }
        stream.so_far().map(str::to_string)
    };
    assert_eq!(so_far("m", &["<thi", "nk>Hm"]), None);
    assert_eq!(so_far("m", &["Hm, "]), Some("Hm,".into()));
    assert_eq!(so_far("m", &["Hm, ", "so.</think>"]), None);
    assert_eq!(so_far("m", &["Hm, ", "so.</think>", "Yes"]), Some("Yes".into()));
    assert_eq!(so_far("deepseek-r1", &["Hm, "]), None);
    assert_eq!(so_far("deepseek-r1", &["Hm, ", "</think>", "Yes"]), Some("Yes".into()));
    let mut stream = Stream::new(Dialect::OpenAi, "deepseek-reasoner");
    stream.line(piece("").replace("content", "reasoning_content").replace("\"\"", "\"Hm\"").as_bytes(), &key);
    stream.line(b"", &key);
    stream.line(piece("Yes").as_bytes(), &key);
    stream.line(b"", &key);
    assert_eq!(stream.so_far(), Some("Yes"), "its thoughts come apart");
}

/// Whatever a service sends, the reader stands it.
#[test]
fn mutated_answers_do_no_harm() {
    let mut seed = 0x5eed_u64;
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    let whole = r#"{"choices":[{"message":{"content":[{"text":"a"}]},"finish_reason":"stop"}],"content":[{"text":"b"}],"error":null}"#;
    for round in 0..6000 {
        let (dialect, lines) = STREAMS[round % STREAMS.len()];
        let mut bytes = if round % 2 == 0 { lines.as_bytes().to_vec() } else { whole.as_bytes().to_vec() };
        for _ in 0..1 + next() % 4 {
            let at = next() % bytes.len();
            match next() % 3 {
                0 => bytes[at] = next() as u8,
                1 => drop(bytes.drain(at..(at + next() % 9).min(bytes.len()))),
                _ => bytes.insert(at, b"{}[]\",:\\u0"[next() % 10]),
            }
            bytes.push(b'}');
        }
        let outcome =
            Ok(HttpAnswer { status: [200, 400, 429][next() % 3], body: bytes.clone(), ..HttpAnswer::default() });
        let _ = read(dialect, &Secret::new(KEY), &outcome);
        let _ = adapt(outcome.as_ref().unwrap(), Without::default());
        let mut stream = Stream::new(dialect, "m");
        bytes.split(|byte| *byte == b'\n').for_each(|line| stream.line(line, &Secret::new(KEY)));
        if let Ok(reply) = stream.end(None, &Secret::default()) {
            assert!(!reply.text.is_empty());
        }
    }
    for deep in [format!("{{\"choices\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000)), "[".repeat(1_000_000)] {
        assert_eq!(read_as(Dialect::OpenAi, 200, &deep), Err(Fault::NotUnderstood));
    }
}
