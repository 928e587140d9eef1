using System.Text;

namespace MicroGpt;

/// <summary>A trained model: its tokenizer, its parameters and its provenance.</summary>
/// <remarks>Immutable, so any number of threads may use it at once.</remarks>
public sealed class Gpt
{
    // After leaving out this many documents in a row, assume that the model has no others.
    const int MaxExcludedInARow = 10_000;

    internal Gpt(Tokenizer tokenizer, Parameters parameters, Provenance provenance, PythonRandom? random)
    {
        (Tokenizer, Parameters, Provenance, Random) = (tokenizer, parameters, provenance, random);
    }

    /// <summary>Converts characters to tokens and back.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The learned matrices.</summary>
    public Parameters Parameters { get; }

    /// <summary>The shape of the model.</summary>
    public GptConfig Config => Parameters.Config;

    /// <summary>Where the model comes from: options, data, library version.</summary>
    public Provenance Provenance { get; }

    /// <summary>Whether it was loaded from an unfinished run, which <see cref="Trainer.Resume"/> can continue.</summary>
    public bool CanResume { get; internal init; }

    // The random generator as training left it; sampling draws from a copy. A loaded model has one only if its file has
    // the state of a training run.
    internal PythonRandom? Random { get; }

    /// <summary>Trains a model. With the default options it is microgpt.py's, bit for bit.</summary>
    /// <param name="corpus">The documents to learn.</param>
    /// <param name="options">The size of the model and the length of the training.</param>
    /// <param name="onStep">Called after each step. To stop, save and resume, use a <see cref="Trainer"/>.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the parameters are no longer finite.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    public static Gpt Train(
        Corpus corpus,
        TrainingOptions options,
        Action<TrainingStep>? onStep = null,
        CancellationToken cancellation = default)
    {
        var trainer = new Trainer(corpus, options);
        foreach (var step in trainer.Run(cancellation))
        {
            onStep?.Invoke(step);
        }
        return trainer.Snapshot();
    }

    /// <summary>
    /// Trains a model whose size and training suit the corpus and the time: a <see cref="PlanSearch"/>, then one run on
    /// all documents, in float32 on all cores.
    /// </summary>
    /// <param name="corpus">The documents to learn, at least <see cref="PlanSearch.MinDocuments"/>.</param>
    /// <param name="budget">
    /// The time for everything; at least a second. It ends a little later if other programs are busy.
    /// </param>
    /// <param name="onTrial">Called after each trial.</param>
    /// <param name="onStep">Called after each step of the run.</param>
    /// <param name="cancellation">Checked before each step.</param>
    /// <returns>
    /// The model. A run with the options in its <see cref="Provenance"/> has the same result, bit for bit.
    /// </returns>
    /// <exception cref="ArgumentException">The budget is below a second, or there are too few documents.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the parameters are no longer finite.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Gpt Fit(
        Corpus corpus,
        TimeSpan budget,
        Action<Trial>? onTrial = null,
        Action<TrainingStep>? onStep = null,
        CancellationToken cancellation = default)
    {
        var search = new PlanSearch(corpus, budget);
        foreach (var trial in search.Run(cancellation))
        {
            onTrial?.Invoke(trial);
        }
        return Train(corpus, search.Plan(), onStep, cancellation);
    }

    /// <summary>Loads a model that <see cref="Save(string, bool)"/> or <see cref="Trainer.Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">The file is not a valid checkpoint; the message says why.</exception>
    /// <exception cref="IOException">The file is missing or can't be read.</exception>
    public static Gpt Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Checkpoint.Read(path).Gpt;
    }

    /// <summary>Loads a model from a stream, which it reads to the end: a resource, a download.</summary>
    /// <param name="stream">The model, from the stream's position on.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="CheckpointException">It is not a valid checkpoint; the message says why.</exception>
    /// <exception cref="IOException">The stream can't be read.</exception>
    public static Gpt Load(Stream stream, string source = "the stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(source);
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        bytes.Position = 0;
        return Checkpoint.Read(bytes, source).Gpt;
    }

    /// <summary>Saves the model as a safetensors file, replacing an existing file atomically.</summary>
    /// <param name="path">
    /// The file, or a symbolic link to it. The model is first written to <c>path.saving</c>.
    /// </param>
    /// <param name="singlePrecision">
    /// Store each parameter in 4 bytes instead of 8. This halves the file, but rounds the parameters. A model trained in
    /// <see cref="Precision.Float32"/> is always stored this way, without loss.
    /// </param>
    /// <exception cref="CheckpointException">A parameter is not finite, or too large for 4 bytes.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public void Save(string path, bool singlePrecision = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Checkpoint.Write(path, this, singlePrecision);
    }

    /// <summary>Writes to a stream what <see cref="Save(string, bool)"/> writes to a file.</summary>
    /// <param name="stream">Written from its position on, and left open.</param>
    /// <param name="singlePrecision">As for a file.</param>
    /// <exception cref="CheckpointException">A parameter is not finite, or too large for 4 bytes.</exception>
    /// <exception cref="IOException">The stream can't be written.</exception>
    public void Save(Stream stream, bool singlePrecision = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Checkpoint.Write(stream, this, singlePrecision, moments: null);
    }

    /// <summary>
    /// Throws what <see cref="Save(string, bool)"/> would throw if it could not write; call it before a long run.
    /// </summary>
    /// <param name="path">As for <see cref="Save(string, bool)"/>; the file is not changed.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void VerifyCanSave(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        DurableFile.Verify(path, Checkpoint.IsOurs);
    }

    /// <summary>Writes the model as the text of one source file, which draws documents without this library.</summary>
    /// <param name="fileName">
    /// Names.cs: C# 7.3 for .NET Standard 2.0, a static class that is called like the file; names.js or names.mjs: a
    /// module for browsers and Node.js.
    /// </param>
    /// <param name="numbers">How the file stores the parameters.</param>
    /// <exception cref="ArgumentException">The name has another ending, or is no name for a class.</exception>
    /// <exception cref="InvalidOperationException">
    /// The parameters take more than 4,000,000 bytes, or are too large for the format.
    /// </exception>
    public ModelSource Export(string fileName, ExportNumbers numbers = ExportNumbers.Int8)
    {
        ArgumentException.ThrowIfNullOrEmpty(fileName);
        return new(this, fileName, numbers);
    }

    /// <summary>Generates documents endlessly: <c>Take</c> as many as you want.</summary>
    /// <param name="seed">
    /// The same seed gives the same documents. Without one, a freshly trained model continues the random numbers of its
    /// training, so the first 20 documents are microgpt.py's; a model without that state draws others each time.
    /// </param>
    /// <param name="options">How to sample; the defaults are microgpt.py's.</param>
    /// <param name="cancellation">Checked before each document.</param>
    /// <exception cref="ArgumentException">The options or the prompt don't fit the model.</exception>
    /// <exception cref="InvalidOperationException">
    /// While enumerating: 10,000 documents in a row were left out, or the model's probabilities are not numbers.
    /// </exception>
    /// <exception cref="OperationCanceledException">While enumerating: cancelled.</exception>
    public IEnumerable<string> Generate(
        long? seed = null, SamplingOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        _ = new Sampler(this, options, new(0)); // reports invalid options now, not during enumeration
        var known = options.Exclude as IReadOnlySet<string> ?? options.Exclude?.ToHashSet() ?? [];
        return Documents();

        IEnumerable<string> Documents()
        {
            var sampler = new Sampler(this, options, RandomFor(seed));
            var text = new StringBuilder();
            var drawn = new HashSet<string>();
            var inARow = 0;
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                text.Clear().Append(options.Prompt);
                foreach (var token in sampler.Draw())
                {
                    text.Append(Tokenizer.Decode(token).ToString());
                }
                var document = text.ToString();
                if (!IsKnown(document) && !(options.Whole && HasLength(document, sampler.MaxLength))
                    && (!options.Distinct || drawn.Add(document)))
                {
                    inARow = 0;
                    yield return document;
                }
                else if (++inARow == MaxExcludedInARow)
                {
                    throw new InvalidOperationException(
                        $"{inARow} documents in a row were excluded; raise Temperature, exclude fewer, or ask for fewer");
                }
            }
        }

        // Of a longer known document, the model can only draw the beginning.
        bool IsKnown(string document) => known.Contains(document)
            || (HasLength(document, Math.Max(Config.BlockSize, options.MaxLength ?? 0))
                && known.Any(longer => longer.StartsWith(document, StringComparison.Ordinal)));

        static bool HasLength(string document, int characters) =>
            document.Length >= characters && document.EnumerateRunes().Count() == characters;
    }

    /// <summary>Generates one document, character by character.</summary>
    /// <param name="seed">As for <see cref="Generate"/>, whose first document this is.</param>
    /// <param name="options">How to sample. Nothing can be excluded: no character can be taken back.</param>
    /// <param name="cancellation">Checked before each character.</param>
    /// <returns>The characters that follow the prompt.</returns>
    /// <exception cref="ArgumentException">The options or the prompt don't fit the model.</exception>
    /// <exception cref="OperationCanceledException">While enumerating: cancelled.</exception>
    public IEnumerable<Rune> Stream(
        long? seed = null, SamplingOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        if (options.Exclude != null)
        {
            throw new ArgumentException("a streamed document can't be excluded once it has begun", nameof(options));
        }
        _ = new Sampler(this, options, new(0));
        return Characters();

        IEnumerable<Rune> Characters()
        {
            foreach (var token in new Sampler(this, options, RandomFor(seed)).Draw())
            {
                yield return Tokenizer.Decode(token);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Scores a text: how likely it is under the model, character by character.</summary>
    /// <param name="text">A document. Only the first blockSize characters are scored, as in training.</param>
    /// <exception cref="UnknownCharacterException">The text has a character the model does not know.</exception>
    /// <exception cref="InvalidOperationException">The model's probabilities are not numbers.</exception>
    public Score Score(string text) => MicroGpt.Score.Of(text, this, new(Parameters), stride: null);

    /// <summary>Scores all of a text that may be longer than the context, but not the end of running text.</summary>
    /// <param name="text">A document, or running text.</param>
    /// <param name="stride">
    /// Whenever the context is full, it slides by this many characters, from 1 to blockSize. The smaller, the more
    /// context, and the slower.
    /// </param>
    /// <exception cref="UnknownCharacterException">The text has a character the model does not know.</exception>
    /// <exception cref="InvalidOperationException">The model's probabilities are not numbers.</exception>
    public Score ScoreAll(string text, int stride)
    {
        Require(stride);
        return MicroGpt.Score.Of(text, this, new(Parameters), stride);
    }

    /// <summary>Evaluates the model on documents, such as those held out by <see cref="Corpus.Split"/>.</summary>
    /// <param name="documents">At least one. Only the first blockSize characters of each count, as in training.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">No documents, or one has a character the model does not know.</exception>
    /// <exception cref="InvalidOperationException">The model gives a probability that is not a number.</exception>
    public Evaluation Evaluate(IEnumerable<string> documents, CancellationToken cancellation = default) =>
        Evaluate(documents, windows: null, cancellation);

    /// <summary>Evaluates the model on all of each document, in a sliding context.</summary>
    /// <param name="documents">At least one; of running text, <see cref="Corpus.RunningText"/>.</param>
    /// <param name="stride">As for <see cref="ScoreAll"/>.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">No documents, or one has a character the model does not know.</exception>
    /// <exception cref="InvalidOperationException">The model gives a probability that is not a number.</exception>
    public Evaluation Evaluate(IEnumerable<string> documents, int stride, CancellationToken cancellation = default)
    {
        Require(stride);
        return Evaluate(documents, new SlidingWindows(Config.BlockSize, stride, Tokenizer.Bos, HasEnd), cancellation);
    }

    Evaluation Evaluate(IEnumerable<string> documents, SlidingWindows? windows, CancellationToken cancellation)
    {
        var engine = Engine.ToEvaluate(Parameters, Provenance.Options.Precision, out var batchSize);
        return Evaluation.Of(documents, engine, Tokenizer, new(Config, batchSize), cancellation, windows);
    }

    // Whether the documents it learned from end where their authors ended them.
    internal bool HasEnd => Provenance.Reading.Unit != DocumentUnit.Chunk;

    void Require(int stride)
    {
        if (stride < 1 || stride > Config.BlockSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(stride), stride, $"must be from 1 to the model's block size, {Config.BlockSize}");
        }
    }

    PythonRandom RandomFor(long? seed) => (seed, Random) switch
    {
        (long given, _) => new(given),
        (null, not null) => PythonRandom.Restore(Random.Save()),
        _ => new(System.Random.Shared.NextInt64()),
    };
}
