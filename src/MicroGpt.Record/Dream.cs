using System.Text;

namespace MicroGpt.Record;

/// <summary>A document that the model drew, with everything that decided it.</summary>
public sealed class Dream
{
    readonly Gpt model;
    readonly double temperature;

    /// <summary>Draws a document.</summary>
    /// <param name="model">The model; its parameters must stay as they are.</param>
    /// <param name="dice">The seed of the random numbers.</param>
    /// <param name="temperature">0.001 to 1000: near 0 plays safe, 1 trusts the model.</param>
    /// <param name="isInData">Whether a text is one of the training documents; null: not known.</param>
    public Dream(Gpt model, long dice, double temperature = 0.5, Func<string, bool>? isInData = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        (this.model, Dice, this.temperature) = (model, dice, temperature);
        Text = model.Generate(dice, new() { Temperature = temperature }).First();
        IsInData = isInData?.Invoke(Text) ?? false;
    }

    /// <summary>The document: what <c>microgpt sample --seed</c> prints first for these dice.</summary>
    public string Text { get; }

    /// <summary>The seed of the random numbers.</summary>
    public long Dice { get; }

    /// <summary>Whether it is one of the training documents, so not new; false if that is not known.</summary>
    public bool IsInData { get; }

    /// <summary>
    /// Every draw: a letter each, and last the end of the document unless the model ran out of room. Computed when first
    /// asked for, by one pass of the model.
    /// </summary>
    public IReadOnlyList<DreamtLetter> Letters => field ??= Draw();

    List<DreamtLetter> Draw()
    {
        var trace = new Probe(model).Trace(Text);
        var random = new global::PythonRandom(Dice);
        var inverse = Libm.Pow(temperature, -1);
        var letters = new List<DreamtLetter>();
        for (var position = 0; position < trace.Positions; position++)
        {
            var logits = trace.Values(Activation.Logit, 0, position).ToArray();
            var probabilities = Readout.Softmax(Array.ConvertAll(logits, logit => logit * inverse));
            var (dice, token, sum) = (random.Random(), 0, probabilities[0]);
            for (var x = dice * probabilities.Sum(); sum <= x && token < probabilities.Length - 1;)
            {
                sum += probabilities[++token];
            }
            var letter = token == model.Tokenizer.Bos ? (Rune?)null : model.Tokenizer.Decode(token);
            letters.Add(new(letter, token, dice, probabilities));
        }
        return letters;
    }
}

/// <summary>One draw of a dream.</summary>
/// <param name="Letter">What was drawn; null: the end of the document.</param>
/// <param name="Token">Its token.</param>
/// <param name="Dice">
/// A random number from 0 to below 1: the first token at which the running sum of the probabilities exceeds it is drawn.
/// </param>
/// <param name="Probabilities">How likely each token was, after the temperature: [vocabSize].</param>
public sealed record DreamtLetter(Rune? Letter, int Token, double Dice, IReadOnlyList<double> Probabilities);
