using System.Text;

namespace MicroGpt;

/// <summary>A trained model: its characters, its parameters, and where they come from.</summary>
/// <remarks>It never changes, so any number of threads may use it at once.</remarks>
public sealed class Gpt
{
    // So many known documents in a row mean that the model has nothing else to say.
    const int MaxExcludedInARow = 10_000;

    internal Gpt(Tokenizer tokenizer, Parameters parameters, Provenance provenance, PythonRandom? random)
    {
        (Tokenizer, Parameters, Provenance, Random) = (tokenizer, parameters, provenance, random);
    }

    /// <summary>Characters to tokens and back.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>What the model learned: every matrix.</summary>
    public Parameters Parameters { get; }

    /// <summary>The shape of the model.</summary>
    public GptConfig Config => Parameters.Config;

    /// <summary>The options, the data and the version that made the model.</summary>
    public Provenance Provenance { get; }

    /// <summary>Whether it was loaded from a training run with steps left, which <see cref="Trainer.Resume"/> takes.</summary>
    public bool CanResume { get; internal init; }

    // The random numbers as training left them. Not changed by sampling, which draws from a copy. A loaded model has them
    // if its file has the state of a training run.
    internal PythonRandom? Random { get; }

    /// <summary>Trains a model; with the default options, the one of microgpt.py, every bit the same.</summary>
    /// <param name="corpus">The documents to learn.</param>
    /// <param name="options">The size of the model and the length of the training.</param>
    /// <param name="onStep">Called after each step. To stop, save and resume, use a <see cref="Trainer"/>.</param>
    /// <param name="cancellation">Stops the training between two steps.</param>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    /// <exception cref="TrainingDivergedException">The loss or the parameters are not finite any more.</exception>
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

    /// <summary>Loads a model that <see cref="Save"/> or <see cref="Trainer.Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">The file is not a sound checkpoint; the message says why.</exception>
    /// <exception cref="IOException">The file is missing or can't be read.</exception>
    public static Gpt Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Checkpoint.Read(path).Gpt;
    }

    /// <summary>Saves the model as a safetensors file. An existing file is replaced at once, or stays as it is.</summary>
    /// <param name="path">
    /// The file; <c>path.saving</c>, beside it, is written first. A symbolic link stays one, and its target is replaced.
    /// </param>
    /// <param name="singlePrecision">
    /// Store each parameter in 4 bytes rather than 8: half the file, but rounded, so not bit for bit the same model. A
    /// model that was trained in <see cref="Precision.Float32"/> always is, and loses nothing.
    /// </param>
    /// <exception cref="CheckpointException">A parameter is not finite; in single precision, or too large.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path, bool singlePrecision = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Checkpoint.Write(path, this, singlePrecision);
    }

    /// <summary>Throws what <see cref="Save"/> would throw if it can't write there: before a long run, say.</summary>
    /// <param name="path">As for <see cref="Save"/>; it stays as it is.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void VerifyCanSave(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        DurableFile.Verify(path, Checkpoint.IsOurs);
    }

    /// <summary>Draws documents, without end: <c>Take</c> as many as you want.</summary>
    /// <param name="seed">
    /// Same seed, same documents. Without one, a model fresh from training continues its training's random numbers, so the
    /// first 20 documents are those of microgpt.py; a loaded model draws others each time.
    /// </param>
    /// <param name="options">How to draw; the default is microgpt.py's.</param>
    /// <param name="cancellation">Checked before each document.</param>
    /// <exception cref="ArgumentException">The options, or the prompt's characters, don't fit the model.</exception>
    /// <exception cref="InvalidOperationException">
    /// While enumerating: 10,000 documents in a row were to be excluded, or the model's probabilities are not numbers.
    /// </exception>
    /// <exception cref="OperationCanceledException">While enumerating: cancelled.</exception>
    public IEnumerable<string> Generate(
        long? seed = null, SamplingOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new();
        _ = new Sampler(this, options, new(0)); // what is wrong with the options shows now, not when enumerated
        var excluded = options.Exclude?.Select(CutToBlock).ToHashSet() ?? [];
        return Documents();

        IEnumerable<string> Documents()
        {
            var sampler = new Sampler(this, options, RandomFor(seed));
            var text = new StringBuilder();
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
                if (!excluded.Contains(document))
                {
                    inARow = 0;
                    yield return document;
                }
                else if (++inARow == MaxExcludedInARow)
                {
                    throw new InvalidOperationException(
                        $"{inARow} documents in a row were to be excluded; raise Temperature, or exclude less");
                }
            }
        }
    }

    /// <summary>Draws one document and returns each character as soon as it is drawn.</summary>
    /// <param name="seed">As for <see cref="Generate"/>, whose first document this is.</param>
    /// <param name="options">How to draw. Nothing can be excluded, since no character can be taken back.</param>
    /// <param name="cancellation">Checked before each character.</param>
    /// <returns>The characters that follow the prompt.</returns>
    /// <exception cref="ArgumentException">The options, or the prompt's characters, don't fit the model.</exception>
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

    /// <summary>How likely a text is under the model, character by character.</summary>
    /// <param name="text">A document; of a long one, the first blockSize characters are scored, as in training.</param>
    /// <exception cref="UnknownCharacterException">The text has a character the model does not know.</exception>
    /// <exception cref="InvalidOperationException">The model's probabilities are not numbers.</exception>
    public Score Score(string text) => MicroGpt.Score.Of(text, this, new(Parameters));

    /// <summary>How well the model does on documents, such as those set aside by <see cref="Corpus.Split"/>.</summary>
    /// <param name="documents">At least one.</param>
    /// <param name="cancellation">Stops between two documents.</param>
    /// <exception cref="ArgumentException">No documents, or one has a character the model does not know.</exception>
    /// <exception cref="InvalidOperationException">The model gives a probability that is not a number.</exception>
    public Evaluation Evaluate(IEnumerable<string> documents, CancellationToken cancellation = default)
    {
        var engine = Engine.ToEvaluate(Parameters, Provenance.Options.Precision, out var batchSize);
        return Evaluation.Of(documents, engine, Tokenizer, new(Config, batchSize), cancellation);
    }

    // A longer document can only be drawn as far as the block reaches.
    string CutToBlock(string document) => document.Length <= Config.BlockSize
        ? document : string.Concat(document.EnumerateRunes().Take(Config.BlockSize));

    PythonRandom RandomFor(long? seed) => (seed, Random) switch
    {
        (long given, _) => new(given),
        (null, not null) => PythonRandom.Restore(Random.Save()),
        _ => new(System.Random.Shared.NextInt64()),
    };
}
