namespace MicroGpt;

/// <summary>
/// Counts of short sequences of characters, which predict the next character without a model: what a model has to beat.
/// </summary>
/// <remarks>
/// <para>
/// An n-gram is a token after n - 1 others, its context. Interpolated Kneser-Ney smoothing (Kneser and Ney, 1995; Chen
/// and Goodman, 1998) takes a discount from every count and spreads it as the next shorter n-grams do:
/// p(token | context) = (max(count - discount, 0) + discount · followers · p(token | shorter context)) / total, where
/// followers is the number of different tokens seen after the context, and total the sum of their counts. The longest
/// n-grams count how often they occur. A shorter one counts the different tokens that precede it, because it is asked
/// only where the longer context is of no help; at the beginning of a document nothing precedes it, so there it counts
/// how often it occurs. Below the single tokens, each token has probability 1 / <see cref="Tokenizer.VocabSize"/>.
/// </para>
/// <para>
/// Documents begin and end with <see cref="Tokenizer.Bos"/>. Running text (<see cref="DocumentUnit.Chunk"/>) has neither,
/// and is counted across the chunks.
/// </para>
/// </remarks>
public sealed class NGrams
{
    const int MostNGrams = 1 << 23; // of all lengths together; they take about 300 MB
    const double MiddlingDiscount = 0.75;

    readonly Tokenizer tokenizer;
    readonly DocumentUnit unit;
    readonly NGramTable[] tables; // of the 1-grams, the 2-grams, ...

    NGrams(Tokenizer tokenizer, DocumentUnit unit, NGramTable[] tables, double discount) =>
        (this.tokenizer, this.unit, this.tables, Discount) = (tokenizer, unit, tables, discount);

    /// <summary>The length of the longest n-grams: 2 for bigrams.</summary>
    public int Order => tables.Length;

    /// <summary>What is taken from each count, above 0 and below 1.</summary>
    public double Discount { get; }

    /// <summary>Counts the n-grams of a text.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="order">
    /// The length of the longest n-grams; null: the length that predicts held-out text best. To find it, and the
    /// discount, a tenth of the text is held out, or less of a long text, and the rest counted; in a short text, each
    /// tenth in turn.
    /// </param>
    /// <exception cref="UnknownCharacterException">The text has a character that the tokenizer does not know.</exception>
    public static NGrams Count(Corpus corpus, Tokenizer tokenizer, int? order = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(order ?? 1, 1, nameof(order));
        var (best, discount) = Choose(corpus, tokenizer, order);
        return Count(corpus, tokenizer, best, discount);
    }

    /// <summary>Counts n-grams of a given length, with a given discount.</summary>
    internal static NGrams Count(Corpus corpus, Tokenizer tokenizer, int order, double discount)
    {
        var text = new TokenText(corpus, tokenizer);
        var (tables, places) = (new NGramTable[order], NGramPlaces.Everywhere(text));
        for (var n = 0; n < order; n++)
        {
            tables[n] = new(text, places, n == 0 ? null : tables[n - 1], out places);
        }
        return new(tokenizer, corpus.Reading.Unit, tables, discount);
    }

    /// <summary>How well the counts predict documents; comparable with <c>Gpt.Evaluate</c>.</summary>
    /// <param name="documents">
    /// At least one. If the counts are those of running text, each is a piece of it, whose first character is predicted
    /// without a context and whose end is not predicted.
    /// </param>
    /// <param name="blockSize">Only so many characters of each document are predicted: those that a model sees.</param>
    /// <exception cref="ArgumentException">No documents, or one has a character the tokenizer does not know.</exception>
    public Evaluation Evaluate(IEnumerable<string> documents, int blockSize = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        var text = new TokenText(documents, tokenizer, unit);
        var (p, ids) = (new double[text.Length], new int[text.Length]);
        Array.Fill(p, 1.0 / tokenizer.VocabSize);
        foreach (var table in tables)
        {
            var tails = ids;
            ids = table.Find(text, tails);
            table.Interpolate(p, text, tails, ids, [Discount], isLongest: table == tables[^1]);
        }
        var (pieces, longer, predicted, predictions, sum) = (0, 0, 0, 0L, 0.0);
        for (var i = 0; i < p.Length; i++)
        {
            if (text.Tokens[i] == TokenText.Boundary)
            {
                (pieces, predicted) = (pieces + 1, 0);
            }
            else if (text.IsPredicted(i) && ++predicted <= blockSize)
            {
                (predictions, sum) = (predictions + 1, sum - Libm.Log(p[i]));
            }
            else if (predicted == blockSize + 1)
            {
                longer++;
            }
        }
        return pieces > 0 ? new(pieces, longer, predictions, sum)
            : throw new ArgumentException("no documents to evaluate", nameof(documents));
    }

    static (int Order, double Discount) Choose(Corpus corpus, Tokenizer tokenizer, int? order)
    {
        var trials = NGramTrial.Of(corpus, tokenizer);
        if (trials.Count == 0)
        {
            return (order ?? 2, MiddlingDiscount); // a single document: nothing can be held out
        }
        var best = (Loss: double.PositiveInfinity, Order: 1, Discount: MiddlingDiscount);
        for (var n = 1; n <= (order ?? int.MaxValue) && trials.Sum(trial => trial.Count) < MostNGrams; n++)
        {
            var losses = new double[NGramTrial.Discounts.Length];
            trials.ForEach(trial => trial.Lengthen(losses));
            var least = losses.Index().MinBy(pair => pair.Item);
            if (order == null && least.Item >= best.Loss)
            {
                break; // longer contexts only become rarer
            }
            best = (least.Item, n, NGramTrial.Discounts[least.Index]);
        }
        return (order ?? best.Order, best.Discount);
    }
}
