using System.CommandLine;
using System.Globalization;
using System.Text;
using Spectre.Console;

namespace MicroGpt.Cli;

/// <summary>microgpt score: how likely texts are under a model.</summary>
sealed class ScoreCommand : Verb
{
    const int MaxComplaints = 10;

    readonly Argument<string?> model;
    readonly Argument<string[]> texts;
    readonly Option<string?> file;
    readonly WholeOption stride;
    readonly Flag verbose;

    public ScoreCommand() : base(
        "score", "Says how likely texts are under a model, likeliest first.", "MODEL TEXT... | MODEL --file FILE",
        "microgpt score towns.safetensors Springfield Xqzzrt",
        "microgpt score towns.safetensors --file towns.txt --verbose")
    {
        model = ModelArgument(this);
        texts = AddTo(this, new Argument<string[]>("TEXT") { Arity = ArgumentArity.ZeroOrMore });
        file = FileOption("--file", "a text file, split into documents as in training");
        stride = Add(StrideOption("slide along a text longer than the block, by N"));
        verbose = Add(new Flag("--verbose", "with each character's probability; red: surprise"));
    }

    protected override int Run(ParseResult parsed)
    {
        var (given, path) = (parsed.GetValue(texts) ?? [], parsed.GetValue(file));
        if ((given.Length > 0) == (path != null))
        {
            throw new UsageException(path == null
                ? "TEXT is missing: what to score, or --file FILE" : "give TEXT or --file, not both");
        }
        var modelPath = parsed.GetValue(model);
        var gpt = Load(modelPath);
        var step = StrideOf(stride, parsed, gpt);
        var corpus = path == null ? null : InputFile.ReadTextFor(gpt, path);
        var name = path == null ? "TEXT" : InputFile.NameOf(path);
        IEnumerable<string> documents = corpus == null ? given : step == null ? corpus : corpus.RunningText();
        if (step != null && corpus?.Reading.Unit == DocumentUnit.Chunk)
        {
            InputFile.RequireKnown(gpt, corpus, name); // what follows no longer knows the chunks' places
        }
        var scores = new List<(string Text, Score Score)>();
        var bad = new List<string>();
        foreach (var (i, text) in documents.Index())
        {
            try
            {
                scores.Add((text, step is int by ? gpt.ScoreAll(text, by) : gpt.Score(text)));
            }
            catch (UnknownCharacterException e)
            {
                var place = corpus == null ? "" : $" {corpus.PlaceOf(i, e.Position)}:";
                bad.Add($"{name}:{place} {Wording.Unknown(gpt, e)}");
            }
            catch (InvalidOperationException e) // probabilities that are not numbers
            {
                throw new InvalidDataException($"{modelPath}: {e.Message}");
            }
        }
        Show(scores, gpt, verbose.Of(parsed));
        Console.Out.Flush();
        foreach (var sentence in bad.Take(MaxComplaints))
        {
            Complaint.Write(sentence);
        }
        if (bad.Count > MaxComplaints)
        {
            Complaint.Write(
                $"{name}: {bad.Count - MaxComplaints:N0} more with characters that the model does not know");
        }
        return bad.Count == 0 ? 0 : 1;
    }

    static void Show(List<(string Text, Score Score)> scores, Gpt gpt, bool spelled)
    {
        if (scores.Count == 0)
        {
            return;
        }
        var paint = spelled && StandardOutput.IsTerminal ? AnsiConsole.Console : null;
        Console.Out.WriteLine("   loss  bits/char  perplexity  text");
        foreach (var (text, score) in scores.OrderBy(scored => scored.Score.Loss))
        {
            Console.Out.Write($"{Wording.Number(score.Loss, 4, 7)}  {Wording.Number(score.BitsPerCharacter, 4, 9)}  "
                + $"{Wording.Number(score.Perplexity, 2, 10)}  ");
            Console.Out.WriteLine(StandardOutput.OneLine(text)
                + (!score.IsTruncated ? "" : text.EnumerateRunes().Count() > gpt.Config.BlockSize
                    ? $"   (its first {gpt.Config.BlockSize} characters)" : "   (without its end)"));
            if (spelled)
            {
                Spell(score, paint);
            }
        }
    }

    // Each character with its probability, the end of the document as a dot; as many per line as fit.
    static void Spell(Score score, IAnsiConsole? paint)
    {
        const int indent = 8;
        var (width, column) = (paint?.Profile.Width ?? int.MaxValue, int.MaxValue);
        foreach (var (character, probability) in score.Predictions)
        {
            var shown = character is Rune rune ? Wording.Visible(rune) : "·";
            var text = string.Create(CultureInfo.InvariantCulture, $"{shown} {probability:F2}");
            var taken = 2 + Columns.Of(text);
            if (column > width - taken)
            {
                Console.Out.Write((column == int.MaxValue ? "" : "\n") + new string(' ', indent));
                column = indent;
            }
            column += taken;
            Console.Out.Write("  ");
            if (paint == null)
            {
                Console.Out.Write(text);
            }
            else
            {
                Console.Out.Flush();
                paint.Write(new Text(text, Look(probability)));
            }
        }
        Console.Out.WriteLine();
    }

    // Colours that are legible on dark and light themes; the greatest surprise is also marked otherwise.
    static Style Look(double probability) => probability switch
    {
        >= 0.3 => new(Color.Green),
        >= 0.1 => Style.Plain,
        >= 0.03 => new(Color.Maroon),
        _ => new(Color.Maroon, decoration: Decoration.Bold | Decoration.Underline),
    };
}
