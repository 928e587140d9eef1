namespace MicroGpt.Record;

/// <summary>
/// A parameter's whole movement, split over the documents that moved it. The shares add up to the movement; they say
/// whose gradients it is made of, not what would have happened without them.
/// </summary>
/// <remarks>
/// A step moves a parameter by -rate · m̂ / (√v̂ + ε), and m̂ is a sum of the gradients so far, the one of n steps ago
/// weighted by (1 - β₁) · β₁ⁿ / (1 - β₁ᵗ). So each gradient has its part in its own step and in all later ones.
/// </remarks>
/// <param name="Parameter">Its index.</param>
/// <param name="Moved">Its value after the last step minus its value at the start.</param>
/// <param name="Entries">One for each document, the largest share first, whatever its sign.</param>
/// <param name="SetByHand">What edits of the parameter itself added; 0 in a run without.</param>
public sealed record Ledger(int Parameter, double Moved, IReadOnlyList<LedgerEntry> Entries, double SetByHand)
{
    internal static Ledger Of(Run run, int parameter)
    {
        var history = run.History(parameter);
        var shares = new Dictionary<string, (double Share, int Steps)>();
        double setByHand = 0;
        double reach = 0; // what a gradient of 1 in this step adds to all terms from here on, without 1 - β₁
        for (var step = run.Steps; step >= 1; step--)
        {
            var line = new Adam(history.Gradients[step], history.M[step - 1], history.V[step - 1], step,
                run.LearningRate(step), history.Values[step - 1]);
            setByHand += history.Values[step] - line.After; // exactly 0 but where an edit set it
            reach = Adam.Beta1 * reach + line.LearningRate / line.MSum / line.Divisor;
            var share = -(1 - Adam.Beta1) * line.Gradient * reach;
            var before = shares.GetValueOrDefault(run.Document(step));
            shares[run.Document(step)] = (before.Share + share, before.Steps + 1);
        }
        return new(parameter, history.Values[^1] - history.Values[0],
            [.. shares.Select(pair => new LedgerEntry(pair.Key, pair.Value.Share, pair.Value.Steps))
                .OrderByDescending(entry => Math.Abs(entry.Share))],
            setByHand);
    }
}

/// <summary>One document's share of a parameter's movement.</summary>
/// <param name="Document">The document.</param>
/// <param name="Share">In units of the parameter.</param>
/// <param name="Steps">In how many steps it was learnt.</param>
public sealed record LedgerEntry(string Document, double Share, int Steps);
