using System.Diagnostics;

namespace MicroGpt;

/// <summary>Trains a model step by step; a run can be watched, stopped, saved and resumed.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class Trainer
{
    readonly string[] documents; // in training order
    readonly MovingChunks? moving; // instead, if they move
    readonly Tokenizer tokenizer;
    readonly Provenance provenance;
    readonly PythonRandom random; // has drawn the shuffle and the initial parameters; sampling continues it
    readonly Engine engine;
    readonly TokenBatch batch;
    readonly Ranks? ranks;
    int lastGoodSteps; // taken before the last finite loss
    bool diverged;

    /// <summary>Prepares a training run as microgpt.py does: shuffles the documents, then draws the parameters.</summary>
    /// <param name="corpus">The documents to learn.</param>
    /// <param name="options">The size of the model and the length of the training.</param>
    /// <param name="tokenizer">
    /// The vocabulary; by default, the characters of the corpus. With a tokenizer built from the whole corpus, a model
    /// trained on part of it can score the rest.
    /// </param>
    /// <param name="threads">
    /// Threads for each step in <see cref="Precision.Float32"/>; 0: one per core. The result does not depend on it.
    /// <see cref="Precision.Float64"/> always uses one thread.
    /// </param>
    /// <param name="ranks">
    /// The processes that share each step, if there are any: all of them must make the same trainer. The result does not
    /// depend on their number. Several need <see cref="Precision.Float32"/>, and a document each.
    /// </param>
    /// <exception cref="ArgumentException">
    /// <see cref="TrainingOptions.NHead"/> does not divide <see cref="TrainingOptions.NEmbd"/>; the model or the batch
    /// would be too large; the warm-up is not shorter than the run; weight decay times learning rate is not below 1; an
    /// option needs another precision, a corpus of chunks, or fewer ranks; or the corpus has a character that the
    /// tokenizer does not know.
    /// </exception>
    /// <exception cref="InvalidOperationException">The ranks have different data, options or versions.</exception>
    public Trainer(
        Corpus corpus, TrainingOptions options, Tokenizer? tokenizer = null, int threads = 0, Ranks? ranks = null)
        : this(corpus, options, tokenizer, threads, ranks, start: null)
    {
    }

    // With a model to start from, the random numbers of the parameters are not drawn.
    Trainer(Corpus corpus, TrainingOptions options, Tokenizer? tokenizer, int threads, Ranks? ranks, Gpt? start)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        if (TrainingOption.Contradiction(options, option => option.Name) is string contradiction)
        {
            throw new ArgumentException(contradiction, nameof(options));
        }
        this.ranks = Shared(options, ranks);
        random = new(options.Seed);
        var order = corpus.Order(random);
        documents = Array.ConvertAll(order, i => corpus[i]);
        this.tokenizer = tokenizer ?? new(documents);
        var parameters = start?.Parameters.Copy() ?? Parameters.Random(options.ConfigFor(this.tokenizer), random);
        engine = Engine.Of(parameters, moments: null, options, threads, ranks);
        batch = new(engine.Config, options.BatchSize);
        provenance = new(options, 0, corpus.Sha256, corpus.Reading, Provenance.ThisLibrary)
        {
            StartSha256 = start?.Parameters.Sha256(),
        };
        if (tokenizer != null)
        {
            Array.ForEach(documents, document => tokenizer.Encode(document)); // refuses unknown characters now
        }
        moving = Moving(corpus, order);
        Agree(corpus, parameters, moments: null);
    }

    Trainer(Corpus corpus, Gpt gpt, Moments moments, int threads, Ranks? ranks)
    {
        (tokenizer, provenance, random) = (gpt.Tokenizer, gpt.Provenance, gpt.Random!);
        this.ranks = Shared(Options, ranks);
        var order = corpus.Order(new(Options.Seed));
        documents = Array.ConvertAll(order, i => corpus[i]);
        moving = Moving(corpus, order);
        engine = Engine.Of(gpt.Parameters, moments, Options, threads, ranks);
        batch = new(engine.Config, Options.BatchSize);
        Steps = lastGoodSteps = provenance.Steps;
        Agree(corpus, gpt.Parameters, moments);
    }

    /// <summary>Prepares a run that begins with the parameters of a trained model, to learn from other data.</summary>
    /// <param name="start">The model. Its parameters are copied, its random numbers and Adam's means are not.</param>
    /// <param name="corpus">The documents to learn, in characters that the model knows.</param>
    /// <param name="options">The length of the training; the size must be that of the model.</param>
    /// <param name="threads">As for the constructor.</param>
    /// <param name="ranks">As for the constructor.</param>
    /// <exception cref="ArgumentException">
    /// The options contradict each other or the model's <see cref="Gpt.Config"/>, or the corpus has a character that the
    /// model does not know.
    /// </exception>
    /// <exception cref="InvalidOperationException">The ranks have different data, options or versions.</exception>
    public static Trainer StartFrom(
        Gpt start, Corpus corpus, TrainingOptions options, int threads = 0, Ranks? ranks = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(options);
        var (has, asked) = (start.Config, options.ConfigFor(start.Tokenizer));
        return has == asked ? new(corpus, options, start.Tokenizer, threads, ranks, start)
            : throw new ArgumentException($"the model is {has}; the options ask for {asked}", nameof(options));
    }

    /// <summary>Resumes a run saved by <see cref="Save(string)"/>; bit for bit, as if it had never stopped.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="corpus">The same documents as before.</param>
    /// <param name="options">The options that the run must have; null: the checkpoint's.</param>
    /// <param name="threads">As for the constructor; may differ from the saved run's.</param>
    /// <param name="ranks">The same. All ranks must find the checkpoint.</param>
    /// <exception cref="CheckpointException">The file is not a valid checkpoint, or has no training state.</exception>
    /// <exception cref="ArgumentException">The corpus or an option differs from the saved run's.</exception>
    /// <exception cref="InvalidOperationException">The ranks have different data, checkpoints or versions.</exception>
    public static Trainer Resume(
        string path, Corpus corpus, TrainingOptions? options = null, int threads = 0, Ranks? ranks = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        var (gpt, moments) = Checkpoint.Read(path);
        var began = gpt.Provenance;
        if (moments == null)
        {
            throw new CheckpointException($"{path}: has no training state; only Trainer.Save saves it");
        }
        if (corpus.Sha256 != began.CorpusSha256)
        {
            throw new ArgumentException(
                $"{path}: the run began with other data (SHA-256 {began.CorpusSha256}; this is {corpus.Sha256}); "
                + "resume with the same file or split, loaded the same way",
                nameof(corpus));
        }
        if (options != null && options != began.Options)
        {
            throw new ArgumentException(
                $"{path}: the run began with {Difference(began.Options, options)}; "
                + "options can't change during a run, so begin a new one",
                nameof(options));
        }
        return new(corpus, gpt, moments, threads, ranks);
    }

    static string Difference(TrainingOptions began, TrainingOptions given) => string.Join(", ",
        from option in TrainingOption.All
        let pair = (Began: option.Of(began), Given: option.Of(given))
        where pair.Began != pair.Given
        select $"{option.Name} {pair.Began}, not {pair.Given}");

    /// <summary>Steps taken so far.</summary>
    public int Steps { get; private set; }

    /// <summary>The shape of the model.</summary>
    public GptConfig Config => engine.Config;

    /// <summary>The options of the run.</summary>
    public TrainingOptions Options => provenance.Options;

    /// <summary>The provenance of the model as it is now.</summary>
    public Provenance Provenance => provenance with { Steps = Steps };

    /// <summary>
    /// Takes the remaining steps, one per item enumerated. After a <c>break</c>, save the run, or enumerate again to
    /// continue it.
    /// </summary>
    /// <param name="cancellation">
    /// Checked before each step. With several ranks only that of rank 0 counts, which also gives up a step if the others
    /// do not answer.
    /// </param>
    /// <exception cref="TrainingDivergedException">
    /// A loss, or after the last step a parameter, is NaN or infinite. The run ends, and its parameters go back to the
    /// last that gave a finite loss.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same as a <c>break</c>.</exception>
    public IEnumerable<TrainingStep> Run(CancellationToken cancellation = default)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            while (Steps < Options.Steps && !diverged)
            {
                if (ranks is not { Rank: > 0 })
                {
                    cancellation.ThrowIfCancellationRequested();
                }
                if (ranks?.BeginStep(cancellation) == false)
                {
                    yield break;
                }
                var step = Step(start);
                ranks?.EndStep();
                yield return step;
            }
        }
        finally
        {
            ranks?.EndRun(isKnown: Steps == Options.Steps || diverged);
        }
    }

    /// <summary>A copy of the model as it is now; further steps do not change it.</summary>
    public Gpt Snapshot()
    {
        return new(tokenizer, engine.Copy(), Provenance, random);
    }

    /// <summary>
    /// A copy of the gradient of the last step: how fast its loss grew with each parameter, as Adam received it.
    /// </summary>
    /// <returns>Laid out like <see cref="Parameters.Values"/>, in nats per unit.</returns>
    /// <exception cref="InvalidOperationException">No step has been taken since the run began or was resumed.</exception>
    public double[] Gradient() => engine.CopyGradient() is { Length: > 0 } gradient
        ? gradient : throw new InvalidOperationException("no step has been taken, so there is no gradient");

    /// <summary>Adam's state as it is now: the original or a copy.</summary>
    internal Moments Moments => engine.Moments;

    /// <summary>Evaluates the model as it is now, like <c>Gpt.Evaluate</c>, on the training engine.</summary>
    /// <param name="documents">At least one.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">No documents, or one has a character the model does not know.</exception>
    /// <exception cref="InvalidOperationException">The model gives a probability that is not a number.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Evaluation Evaluate(IEnumerable<string> documents, CancellationToken cancellation = default) =>
        Evaluation.Of(documents, engine, tokenizer, batch, cancellation);

    /// <summary>Saves the model and what <see cref="Resume"/> needs: three times the size of the model.</summary>
    /// <param name="path">
    /// As for <see cref="Gpt.Save(string, bool)"/>; <see cref="Gpt.Load(string)"/> reads it too.
    /// </param>
    /// <exception cref="InvalidOperationException">The run has diverged; save its <see cref="Snapshot"/>.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (diverged)
        {
            throw new InvalidOperationException("the run has diverged and can't be resumed; save its snapshot instead");
        }
        Checkpoint.Write(path, Snapshot(), moments: engine.Moments);
    }

    MovingChunks? Moving(Corpus corpus, int[] order) =>
        Options.ChunkStarts == ChunkStarts.Moving ? new(corpus, order, tokenizer) : null;

    // The ranks that share each step, if there are several.
    static Ranks? Shared(TrainingOptions options, Ranks? ranks)
    {
        if (ranks is not { Count: > 1 and var count })
        {
            return null;
        }
        if (options.Precision != Precision.Float32)
        {
            throw new ArgumentException($"Precision {options.Precision}: {count} ranks need {Precision.Float32}",
                nameof(options));
        }
        return options.BatchSize >= count ? ranks : throw new ArgumentException(
            $"BatchSize {options.BatchSize}: is less than the number of ranks, {count}", nameof(options));
    }

    // Each rank computes its own copy of the same run, so that they must begin alike.
    void Agree(Corpus corpus, Parameters parameters, Moments? moments)
    {
        if (ranks != null)
        {
            var options = TrainingOption.All.Select(option => $"{option.Flag} {option.Of(Options)}");
            var vocabulary = string.Join(' ', Enumerable.Range(0, tokenizer.VocabSize - 1).Select(tokenizer.Decode));
            ranks.Agree(
                ("runs another build of MicroGpt", $"{typeof(Trainer).Module.ModuleVersionId}"),
                ("has other options", string.Join(' ', options)),
                ("has other data", $"{corpus.Sha256} {corpus.Reading} {vocabulary}"),
                ("begins with other parameters", $"{Steps} {parameters.Sha256()} {moments?.Sha256()}"));
        }
    }

    TrainingStep Step(long start)
    {
        var options = Options;
        var first = (int)((long)Steps * options.BatchSize % documents.Length);
        batch.Clear();
        for (var b = 0; b < options.BatchSize; b++)
        {
            var document = (long)Steps * options.BatchSize + b;
            var place = (int)(document % documents.Length);
            if (moving == null)
            {
                batch.Add(documents[place], tokenizer);
            }
            else
            {
                batch.Add(moving[place, document / documents.Length]);
            }
        }
        var loss = engine.Backward(batch);
        if (!double.IsFinite(loss))
        {
            throw Diverged(Steps + 1, FormattableString.Invariant($"the loss of step {Steps + 1} is {loss}"));
        }
        engine.Keep();
        lastGoodSteps = Steps;
        var rate = options.RateOf(Steps);
        engine.Update(Steps, rate);
        Steps++;
        if (Steps == options.Steps && !engine.IsFinite)
        {
            // No later loss would show it.
            throw Diverged(Steps, $"the parameters are not finite after step {Steps}, the last");
        }
        return new(Steps, loss, rate, first, documents[first], Stopwatch.GetElapsedTime(start));
    }

    TrainingDivergedException Diverged(int step, string why)
    {
        diverged = true;
        engine.Restore();
        Steps = lastGoodSteps;
        return new(step, why, Snapshot());
    }
}
