"""
Faults in both worlds, the same in each: lockstep cannot see them, a law must. A few can
be in one world only, and say so.
"""

from __future__ import annotations

from tests.laws.accounting_mutants import ACCOUNTING_MUTANTS
from tests.laws.collateral_mutants import COLLATERAL_MUTANTS
from tests.laws.credit_mutants import CREDIT_MUTANTS
from tests.laws.deleveraging_mutants import DELEVERAGING_MUTANTS
from tests.laws.governance_mutants import GOVERNANCE_MUTANTS
from tests.laws.lens_mutants import LENS_MUTANTS
from tests.laws.liquidation_mutants import LIQUIDATION_MUTANTS
from tests.laws.margin_call_mutants import MARGIN_CALL_MUTANTS
from tests.laws.margin_mutants import MARGIN_MUTANTS
from tests.laws.order_mutants import ORDER_MUTANTS
from tests.laws.payout_mutants import PAYOUT_MUTANTS
from tests.laws.price_mutants import PRICE_MUTANTS
from tests.laws.refusal_mutants import REFUSAL_MUTANTS
from tests.laws.vault_mutants import VAULT_MUTANTS

MUTANTS = (
    *ACCOUNTING_MUTANTS,
    *COLLATERAL_MUTANTS,
    *CREDIT_MUTANTS,
    *DELEVERAGING_MUTANTS,
    *LENS_MUTANTS,
    *GOVERNANCE_MUTANTS,
    *LIQUIDATION_MUTANTS,
    *MARGIN_MUTANTS,
    *MARGIN_CALL_MUTANTS,
    *ORDER_MUTANTS,
    *PAYOUT_MUTANTS,
    *PRICE_MUTANTS,
    *REFUSAL_MUTANTS,
    *VAULT_MUTANTS,
)
