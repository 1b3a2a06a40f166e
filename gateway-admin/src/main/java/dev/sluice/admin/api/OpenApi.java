package dev.sluice.admin.api;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The document that describes this port: OpenAPI 3.1, put together from one fragment per resource.
 * A fragment has {@code paths}, {@code components} and {@code tags} of its own, and may refer to
 * the components of {@code base}. Immutable.
 */
public final class OpenApi {

  /** Each a file in {@code openapi/}; the first is what the others are put into. */
  private static final List<String> FRAGMENTS =
      List.of(
          "base",
          "health",
          "telemetry",
          "calls",
          "pools",
          "prefixes",
          "teams",
          "keys",
          "quotas",
          "budgets",
          "standing",
          "usage",
          "reconciliation",
          "audit",
          "config",
          "document");

  private static final Set<String> METHODS = Set.of("get", "put", "post", "delete");

  private final byte[] json;
  private final byte[] yaml;

  /**
   * @param version of the program
   * @throws IllegalStateException if two fragments say the same thing
   */
  public OpenApi(String version) {
    YAMLMapper mapper = YAMLMapper.builder().build();
    ObjectNode whole = null;
    for (String name : FRAGMENTS) {
      ObjectNode fragment = read(mapper, name);
      if (whole == null) {
        whole = fragment;
      } else {
        merge(whole, fragment, name);
      }
    }
    if (whole == null) {
      throw new IllegalStateException("There is nothing to describe.");
    }
    everywhere(whole);
    whole.withObject("/info").put("version", version);
    this.json = JsonMapper.builder().build().writeValueAsBytes(whole);
    this.yaml = mapper.writeValueAsBytes(whole);
  }

  private static ObjectNode read(YAMLMapper mapper, String name) {
    String resource = "openapi/" + name + ".yaml";
    try (InputStream in = OpenApi.class.getResourceAsStream(resource)) {
      if (in != null && mapper.readTree(in) instanceof ObjectNode fragment) {
        return fragment;
      }
      throw new IllegalStateException("The resource " + resource + " is missing or no fragment.");
    } catch (IOException broken) {
      throw new IllegalStateException("The resource " + resource + " cannot be read.", broken);
    }
  }

  /** Groups are put together, lists appended; everything else may be said once. */
  private static void merge(ObjectNode into, ObjectNode from, String name) {
    for (Map.Entry<String, JsonNode> entry : from.properties()) {
      JsonNode there = into.get(entry.getKey());
      if (there == null) {
        into.set(entry.getKey(), entry.getValue());
      } else if (there instanceof ObjectNode group && entry.getValue() instanceof ObjectNode more) {
        merge(group, more, name);
      } else if (there.isArray() && entry.getValue().isArray()) {
        there.asArray().addAll(entry.getValue().asArray());
      } else {
        throw new IllegalStateException(
            "The fragment " + name + " says a second time what " + entry.getKey() + " is.");
      }
    }
  }

  /** Puts in what every operation, and what every one that changes something, may answer. */
  private static void everywhere(ObjectNode whole) {
    JsonNode every = whole.remove("x-every-operation");
    JsonNode changes = whole.remove("x-every-change");
    for (JsonNode path : whole.path("paths")) {
      for (Map.Entry<String, JsonNode> entry : path.properties()) {
        if (!METHODS.contains(entry.getKey())) {
          continue;
        }
        ObjectNode operation = (ObjectNode) entry.getValue();
        ObjectNode responses = operation.withObject("/responses");
        every.properties().forEach(each -> responses.putIfAbsent(each.getKey(), each.getValue()));
        if (!entry.getKey().equals("get")) {
          changes.properties().forEach(e -> responses.putIfAbsent(e.getKey(), e.getValue()));
        }
        if (operation.path("security").isArray()) {
          responses.remove("401"); // it needs no token
        }
      }
    }
  }

  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(
            "GET",
            "/admin/v1/openapi.json",
            false,
            request -> answer(request, "application/json", json)),
        new Endpoint(
            "GET",
            "/admin/v1/openapi.yaml",
            false,
            request -> answer(request, "application/yaml", yaml)));
  }

  private static AdminAnswer answer(AdminRequest request, String contentType, byte[] body) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    return no != null ? no : new AdminAnswer(200, contentType, Map.of(), body);
  }
}
