package dev.sluice.admin.reconcile;

/** The reports that are understood. */
enum ExportForm {
  /** developers.openai.com/api/docs/api-reference/usage, and the dashboard's CSV of the same. */
  OPENAI_USAGE("openai"),
  /** GET /organization/costs, and the dashboard's CSV of the same. */
  OPENAI_COSTS("openai"),
  /** platform.claude.com/docs/en/api/admin/usage_report, and the console's CSV. */
  ANTHROPIC_USAGE("anthropic"),
  /** platform.claude.com/docs/en/api/admin/cost_report, and the console's CSV. */
  ANTHROPIC_COSTS("anthropic");

  static final String KNOWN =
      "usage and cost reports of OpenAI (organization/usage/completions, organization/costs) and of"
          + " Anthropic (usage_report/messages, cost_report), as JSON or as CSV from the console";

  private final String provider;

  ExportForm(String provider) {
    this.provider = provider;
  }

  String provider() {
    return provider;
  }
}
