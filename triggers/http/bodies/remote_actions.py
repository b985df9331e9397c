"""Bodies of Graph's actions on Cloud PCs."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.values import Id, Value
from triggers.http.json_schema import ANNOTATIONS, Json, annotated
from triggers.http.response_shapes import Derived, Schemas

MOST_VALIDATED = 2000  # Graph: cloudPC validateBulkResize


class GraphBody(Derived):
    """The body of a form at an address of Graph, whose clients may send annotations of OData beside its properties."""

    def __init__(self, form: type[Value]) -> None:
        super().__init__(f"{form.__name__.removesuffix('Form').removesuffix('Body')}Body", form)
        self.form = form

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of the form with annotations."""
        return {**schemas.whole(self.form), "patternProperties": ANNOTATIONS}


@annotated
class ValidateBulkResizeBody(TypedDict):
    """The Cloud PCs, and the service plan of the licence that they would have."""

    cloudPcIds: Annotated[list[Id], Field(min_length=1, max_length=MOST_VALIDATED)]
    targetServicePlanId: Id
