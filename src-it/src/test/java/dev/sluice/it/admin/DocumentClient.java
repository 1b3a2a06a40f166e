package dev.sluice.it.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A client of the admin port that is made from the document which that port serves: it knows
 * nothing but operation ids and the names of parameters. It holds every request against the
 * document before it is sent, and every answer when it comes.
 */
final class DocumentClient implements AutoCloseable {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;
  private final JsonNode document;
  private final Map<String, Operation> operations = new TreeMap<>();
  private final Set<String> called = new TreeSet<>();

  /** One operation of the document, with where it was found. */
  private record Operation(
      String id, String method, String path, Map<String, JsonNode> parameters, JsonNode node) {}

  /** An answer that is as the document says. */
  record Reply(int status, Map<String, List<String>> fields, String text, JsonNode body) {

    /** A field's value, or an empty text. */
    String field(String name) {
      return fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of("")).getFirst();
    }

    Reply expect(int wanted) {
      assertThat(status).as(text).isEqualTo(wanted);
      return this;
    }

    /** A problem with this code. */
    Reply expect(int wanted, String code) {
      expect(wanted);
      assertThat(body.path("code").asString()).as(text).isEqualTo(code);
      return this;
    }
  }

  /**
   * Asks for the document.
   *
   * @param token to ask with, or null
   */
  DocumentClient(int port, @Nullable String token) {
    this.port = port;
    HttpRequest.Builder request = HttpRequest.newBuilder(uri("/admin/v1/openapi.json"));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    document = JSON.readTree(send(request.build()).body());
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> entry : path.getValue().properties()) {
        if (!entry.getKey().equals("parameters")) {
          JsonNode node = entry.getValue();
          Map<String, JsonNode> parameters = new HashMap<>();
          for (JsonNode list :
              List.of(path.getValue().path("parameters"), node.path("parameters"))) {
            list.forEach(each -> put(parameters, resolved(each)));
          }
          String id = node.path("operationId").asString();
          operations.put(id, new Operation(id, entry.getKey(), path.getKey(), parameters, node));
        }
      }
    }
  }

  private static void put(Map<String, JsonNode> parameters, JsonNode parameter) {
    parameters.put(parameter.path("name").asString(), parameter);
  }

  private JsonNode resolved(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isString() ? document.at(reference.asString().substring(1)) : node;
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(ending);
    }
  }

  /** Ids of all operations. */
  Set<String> operations() {
    return operations.keySet();
  }

  /** Method and path of all operations. */
  Set<String> places() {
    Set<String> places = new TreeSet<>();
    operations
        .values()
        .forEach(each -> places.add(each.method().toUpperCase(Locale.ROOT) + " " + each.path()));
    return places;
  }

  /** Whether the path of an operation has such a name. */
  boolean hasPathParameter(String operationId, String name) {
    return Objects.requireNonNull(operations.get(operationId)).path().contains("{" + name + "}");
  }

  /** Whether an operation is for more than looking. */
  boolean isChange(String operationId) {
    return !Objects.requireNonNull(operations.get(operationId)).method().equals("get");
  }

  /** Ids of all operations that were asked for with a good request. */
  Set<String> called() {
    return called;
  }

  /** A call that is being put together. */
  Call call(String operationId) {
    return new Call(
        Objects.requireNonNull(operations.get(operationId), operationId + " is not in it"));
  }

  /** One call of an operation. */
  final class Call {
    private final Operation operation;
    private final Map<String, String> values = new HashMap<>();
    private final Map<String, String> fields = new HashMap<>();
    private byte @Nullable [] body;
    private boolean isGood = true;

    private Call(Operation operation) {
      this.operation = operation;
    }

    /** Sets a parameter, wherever the document has it. */
    Call with(String name, Object value) {
      assertThat(operation.parameters().keySet()).as(operation.id()).contains(name);
      values.put(name, value.toString());
      return this;
    }

    Call token(String token) {
      fields.put("Authorization", "Bearer " + token);
      return this;
    }

    Call field(String name, String value) {
      fields.put(name, value);
      return this;
    }

    /** A JSON body. */
    Call body(String json) {
      fields.putIfAbsent("Content-Type", "application/json");
      body = json.getBytes(StandardCharsets.UTF_8);
      return this;
    }

    /** Whatever is in it goes out, as it is. */
    Call bad() {
      isGood = false;
      return this;
    }

    Call badBody(byte[] bytes) {
      fields.putIfAbsent("Content-Type", "application/json");
      body = bytes;
      return bad();
    }

    /** Sends it, and gives back an answer that is as the document says. */
    Reply send() {
      if (isGood) {
        checkRequest();
        called.add(operation.id());
      }
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri(target()))
              .method(
                  operation.method().toUpperCase(Locale.ROOT),
                  body == null
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofByteArray(body));
      fields.forEach(request::header);
      values.forEach(
          (name, value) -> {
            if (in(name).equals("header")) {
              request.header(name, value);
            }
          });
      HttpResponse<String> answer = DocumentClient.this.send(request.build());
      return checked(answer);
    }

    private String in(String name) {
      return Objects.requireNonNull(operation.parameters().get(name)).path("in").asString();
    }

    private String target() {
      String path = operation.path();
      StringBuilder query = new StringBuilder();
      for (Map.Entry<String, String> value : values.entrySet()) {
        String encoded =
            URLEncoder.encode(value.getValue(), StandardCharsets.UTF_8).replace("+", "%20");
        if (in(value.getKey()).equals("path")) {
          path = path.replace("{" + value.getKey() + "}", encoded);
        } else if (in(value.getKey()).equals("query")) {
          query.append(query.isEmpty() ? '?' : '&').append(value.getKey()).append('=');
          query.append(encoded);
        }
      }
      assertThat(path).as("all of the path is given").doesNotContain("{");
      return path + query;
    }

    private void checkRequest() {
      operation
          .parameters()
          .forEach(
              (name, parameter) -> {
                String value = values.get(name);
                if (value != null) {
                  String type = parameter.path("schema").path("type").asString();
                  JsonNode node =
                      type.equals("integer")
                          ? JSON.readTree(value)
                          : JSON.getNodeFactory().stringNode(value);
                  check(parameter.path("schema"), node, operation.id() + " " + name);
                } else {
                  assertThat(parameter.path("required").asBoolean(false)).as(name).isFalse();
                }
              });
      JsonNode declared = operation.node().path("requestBody");
      if (body == null) {
        assertThat(declared.path("required").asBoolean(false)).as("needs a body").isFalse();
      } else {
        JsonNode schema = declared.path("content").path("application/json").path("schema");
        assertThat(schema.isMissingNode()).as("takes no body").isFalse();
        check(schema, JSON.readTree(body), operation.id() + " request");
      }
    }

    private Reply checked(HttpResponse<String> answer) {
      String what = operation.id() + " answered " + answer.statusCode() + " " + answer.body();
      JsonNode declared =
          resolved(operation.node().path("responses").path("" + answer.statusCode()));
      assertThat(declared.isMissingNode()).as(what + " is declared").isFalse();
      for (Map.Entry<String, JsonNode> header : declared.path("headers").properties()) {
        JsonNode node = resolved(header.getValue());
        String value = answer.headers().firstValue(header.getKey()).orElse(null);
        assertThat(value != null || !node.path("required").asBoolean(false)).as(what).isTrue();
        if (value != null) {
          JsonNode text = JSON.getNodeFactory().stringNode(value);
          check(node.path("schema"), text, what + " " + header.getKey());
        }
      }
      JsonNode content = declared.path("content");
      String type = answer.headers().firstValue("Content-Type").orElse("").replaceAll(";.*", "");
      if (content.isMissingNode()) {
        assertThat(answer.body()).as(what).isEmpty();
        assertThat(type).as(what).isEmpty();
        return new Reply(answer.statusCode(), answer.headers().map(), "", JSON.nullNode());
      }
      assertThat(content.propertyNames()).as(what).contains(type);
      JsonNode body =
          type.endsWith("json")
              ? JSON.readTree(answer.body())
              : JSON.getNodeFactory().stringNode(answer.body());
      check(content.path(type).path("schema"), body, what);
      return new Reply(answer.statusCode(), answer.headers().map(), answer.body(), body);
    }
  }

  /** References lead into the document: so its components go along. */
  private void check(JsonNode schema, JsonNode value, String what) {
    ObjectNode whole = JSON.createObjectNode();
    whole.set("components", document.path("components"));
    whole.putArray("allOf").add(schema);
    List<Error> errors = SCHEMAS.getSchema(whole).validate(value);
    assertThat(errors).as("%s: %s", what, value).isEmpty();
  }

  @Override
  public void close() {
    http.close();
  }
}
