"""Reading recordings in the formats of Python's VCR and of Ruby's."""

from packages.azure_simulator.tests.recorded.recordings import exchanges_of

PYTHON = """
interactions:
- request:
    body: '{"location": "westus"}'
    method: PUT
    uri: https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/a?api-version=1
  response:
    body:
      string: '{"name": "a"}'
    headers:
      Date: ["Thu, 19 May 2016 18:46:20 GMT"]
    status: {code: 201, message: Created}
"""
RUBY = """
http_interactions:
- request:
    method: get
    uri: https://login.microsoftonline.com/<AZURE_TENANT_ID>/oauth2/token
    body: {encoding: UTF-8, string: secret}
  response:
    status: {code: 200, message: }
    headers: {}
    body: {encoding: UTF-8, string: '{}'}
- request:
    method: put
    uri: https://management.azure.com/subscriptions/<AZURE_SUBSCRIPTION_ID>/resourcegroups/a?api-version=2016-09-01
    body: {encoding: UTF-8, string: '{"location":"westus"}'}
  response:
    status: {code: 201, message: }
    headers:
      date: ["Thu, 19 May 2016 18:46:20 GMT"]
    body: {encoding: UTF-8, string: '{"id":"/subscriptions/<AZURE_SUBSCRIPTION_ID>/resourceGroups/a","name":"a"}'}
"""


def test_both_formats_give_the_same_exchange() -> None:
    (python,), (ruby,) = exchanges_of(PYTHON), exchanges_of(RUBY)
    for each in (python, ruby):
        assert (each.method, each.status, each.body, each.answer["name"]) == ("PUT", 201, {"location": "westus"}, "a")
        assert each.at is not None
    assert ruby.path == "/subscriptions/00000000-0000-4000-8000-000000000001/resourcegroups/a"
    assert ruby.answer["id"].startswith("/subscriptions/00000000-0000-4000-8000-000000000001/")
